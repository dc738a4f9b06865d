"""Chinese from the first byte to what the scripts write; English is left only in names."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from e2e.conftest import DESKTOP
from e2e.files import drop, photoshop, picture
from e2e.quick_studio import QuickStudio

pytestmark = pytest.mark.browser
WAIT_MS = 30_000
PHONE = {"width": 390, "height": 844}
PROMPT = "雨夜的小巷，林岚撑着红伞回头，镜头缓缓推近。"
# Names of products, formats and keys, paths, ids and units; a model's and a file's own name.
NAMES = re.compile(
    r"Previz|previz-1|Sora ?2|sora-2(?:-pro)?|wan-[\w.-]+|SQLite|PostgreSQL|JSON API|Apache-2\.0"
    r"|SHORTDRAMA_\w+|SORA2_\w+|config\.toml|docs/\S+|https?://\S+|/\S+|HTTPS?|MP4|PNG|JPEG"
    # The vendors' and servers' own names.
    r"|Azure|OpenAI|ComfyUI|Google Veo|Veo|Gemini|Kling|LiteLLM|Replicate|Runway|Seedance|fal|Wan"
    r"|BytePlus|ModelArk|Volcengine|Ark|SGLang Diffusion|vLLM-Omni|new-api|Alibaba|Model Studio"
    r"|double-1|DashScope|API(?: [Kk]ey)?|[Aa]ccess [Kk]ey|[Ss]ecret [Kk]ey"
    r"|Authorization|Ctrl|Space|Shift|Esc|alley\.png|poster\.psd|Photoshop|[\d.]+ ?(?:kB|MB|GB)"
)
WORD = re.compile(r"[A-Za-z]{3,}")
# Every text of the page, shown or waiting to be, with the attributes that are read out.
TEXTS = """() => {
  // Where a price is from is told in the words of its source.
  const skip = "script, style, kbd, pre, code, svg, option[value^='/v1'], .source, .price-source";
  const found = [];
  const walk = root => {
    for (const node of root.querySelectorAll("*")) {
      if (node.closest(skip)) continue;
      if (node instanceof HTMLTemplateElement) walk(node.content);
      for (const child of node.childNodes) {
        if (child.nodeType === Node.TEXT_NODE) found.push(child.data.trim());
      }
      for (const name of ["aria-label", "title", "placeholder", "alt", "aria-valuetext"]) {
        if (node.hasAttribute(name)) found.push(node.getAttribute(name));
      }
    }
  };
  walk(document);
  return found.filter(text => text);
}"""
OVERFLOW = """() => document.documentElement.scrollWidth - document.documentElement.clientWidth"""


@pytest.fixture(params=[DESKTOP, PHONE], ids=["desktop", "phone"])
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    """A tab of a reader of Chinese."""
    context = browser.new_context(viewport=request.param, locale="zh-CN")
    yield context.new_page()
    context.close()


def english_in(page: Page) -> list[str]:
    """The texts that are not in Chinese."""
    return sorted({text for text in page.evaluate(TEXTS) if WORD.search(NAMES.sub("", text))})


@pytest.fixture(scope="module")
def filled(quick_studio: QuickStudio) -> str:
    """The address of a shot with two ready takes and a failed one, of Chinese prompts."""
    shot = quick_studio.new_shot()
    quick_studio.take(shot, PROMPT)
    quick_studio.take(shot, f"{PROMPT}再远一点。")
    quick_studio.take(shot, f"{PROMPT}再近一点。", "failed", submit="moderation")
    return quick_studio.page_of(shot)


def test_the_studio_is_chinese(page: Page, filled: str) -> None:
    page.goto(filled)
    expect(page.locator("html")).to_have_attribute("lang", re.compile("zh"))
    expect(page.locator(".take").first).to_be_attached()
    assert english_in(page) == []
    assert page.evaluate(OVERFLOW) <= 0


def test_comparing_is_chinese(page: Page, filled: str) -> None:
    page.goto(filled.replace("/?shot=", "/compare?shot="))
    expect(page.locator("take-compare")).to_be_attached()
    assert english_in(page) == []
    assert page.evaluate(OVERFLOW) <= 0


def test_a_chinese_prompt_is_kept_and_sent_as_typed(
    page: Page, filled: str, quick_studio: QuickStudio
) -> None:
    shot = quick_studio.new_shot()
    page.goto(quick_studio.page_of(shot))
    page.locator("[data-pick=model]").click()
    page.get_by_role("menuitemradio", name="Sora 2").first.click()
    page.get_by_role("textbox", name="提示词").fill(PROMPT)
    page.get_by_role("button", name="生成", exact=True).click()
    expect(page.locator(".take[data-number='1']")).to_be_attached()
    assert quick_studio.takes(shot)[0]["prompt"] == PROMPT
    expect(page.locator(".take")).to_contain_text("已选用", timeout=WAIT_MS)
    assert english_in(page) == []


def test_the_settings_are_chinese_and_so_is_what_a_check_says(
    page: Page, quick_studio: QuickStudio
) -> None:
    page.goto(f"{quick_studio.url}/settings")
    page.get_by_role("button", name="检查").first.click()
    expect(page.get_by_text("服务器有回答").first).to_be_visible()
    assert english_in(page) == []
    assert page.evaluate(OVERFLOW) <= 0


def test_the_library_is_chinese_and_so_is_a_refusal(page: Page, quick_studio: QuickStudio) -> None:
    page.goto(f"{quick_studio.url}/library?text=没有")
    expect(page.get_by_text("没有符合此名称或标签的素材。")).to_be_visible()
    page.goto(f"{quick_studio.url}/library")
    drop(page, picture("alley.png", 7), photoshop("poster.psd"))
    expect(page.get_by_text("请另存为 PNG 或 JPEG").first).to_be_attached()
    expect(page.locator("[data-asset]").first).to_be_attached()
    assert english_in(page) == []
    assert page.evaluate(OVERFLOW) <= 0


def test_a_missing_page_is_chinese(page: Page, quick_studio: QuickStudio) -> None:
    page.goto(f"{quick_studio.url}/nothing-here")
    expect(page.get_by_role("heading")).to_have_text("这里什么也没有。")
