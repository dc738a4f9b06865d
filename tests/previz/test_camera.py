"""Which move a prompt asks for, and that the window travels where it should."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shortdrama.previz.camera import Move, plan_camera

SAID = [
    ("Slow push in on Mei", "push"),
    ("Camera pushes in on her face", "push"),
    ("The camera slowly moves closer to the door", "push"),
    ("dolly in, then hold", "push"),
    ("We zoom in on the letter", "push"),
    ("Pulls back to reveal the city", "pull"),
    ("dolly out from the table", "pull"),
    ("Zooming out over the valley", "pull"),
    ("camera pulls away from the lovers", "pull"),
    ("pan left across the street", "pan_left"),
    ("Slow pan right", "pan_right"),
    ("slow pan left over the market", "pan_left"),
    ("Truck right past the stalls", "pan_right"),
    ("track left along the wall", "pan_left"),
    ("The camera pans slowly to the right", "pan_right"),
    ("pan from left to right", "pan_right"),
    ("Tilt up from her shoes", "tilt_up"),
    ("crane down to the square", "tilt_down"),
    ("Camera tilts down", "tilt_down"),
    ("Camera rises over the roofs", "tilt_up"),
    ("Whip pan left to the thief", "whip_left"),
    ("whip-pan right", "whip_right"),
    ("Static shot of a table", "hold"),
    ("locked-off wide shot", "hold"),
    ("Camera holds on the empty chair", "hold"),
    ("no camera move", "hold"),
    ("without any camera movement", "hold"),
    ("镜头缓缓推近她的脸", "push"),
    ("推进,女孩流泪", "push"),
    ("镜头拉远,城市全景", "pull"),
    ("向左摇", "pan_left"),
    ("镜头向右平移", "pan_right"),
    ("左移镜头", "pan_left"),
    ("上摇到月亮", "tilt_up"),
    ("下摇", "tilt_down"),
    ("仰拍高楼", "tilt_up"),
    ("甩镜到右", "whip_right"),
    ("固定镜头,雨夜", "hold"),
    ("定镜", "hold"),
    ("固定机位拍摄", "hold"),
]


@pytest.mark.parametrize(("prompt", "kind"), SAID)
@pytest.mark.parametrize("seed", [1, 2])
def test_move_named_in_the_prompt_is_made(prompt: str, kind: str, seed: int) -> None:
    assert plan_camera(prompt, seed).kind == kind


@pytest.mark.parametrize(
    "prompt",
    [
        "Mei pushes the door",
        "Mei pushes in the door",
        "He pulls out a knife",
        "She pulls back the curtain",
        "a frying pan on the stove",
        "A truck left the yard",
        "She tilts her head up",
        "They zoomed past the company",
        "Peter Pan reads",
        "the household is asleep",
        "他被推进了房间",
        "她摇头不语",
    ],
)
def test_what_people_do_is_not_a_camera_move(prompt: str) -> None:
    kinds = {plan_camera(prompt, seed).kind for seed in range(30)}
    assert len(kinds) > 1, f"every seed gives {kinds}: the prompt was read as a move"


def test_first_mention_wins() -> None:
    assert plan_camera("pan left, then push in", 1).kind == "pan_left"
    assert plan_camera("push in, then pan left", 1).kind == "push"
    assert plan_camera("先拉远,再推近", 1).kind == "pull"


@pytest.mark.parametrize(
    ("prompt", "kind"),
    [
        ("no push in, pan left", "pan_left"),
        ("Do not zoom in. Tilt up.", "tilt_up"),
        ("never pan left", "hold"),
        ("without zooming in", "hold"),
        ("不要推近,向左摇", "pan_left"),
        ("不要推近", "hold"),
        ("No cuts, push in", "push"),
    ],
)
def test_negated_move_is_not_made(prompt: str, kind: str) -> None:
    assert plan_camera(prompt, 3).kind == kind


def test_adverbs_change_how_far_it_goes() -> None:
    gentle, plain, swift = (
        plan_camera(p, 1).amount for p in ("slow push in", "push in", "fast push in")
    )
    assert gentle < plain < swift


def test_without_a_word_the_seed_decides_and_stays_with_it() -> None:
    moves = [plan_camera("A table", seed) for seed in range(40)]
    assert moves == [plan_camera("A table", seed) for seed in range(40)]
    assert len({move.kind for move in moves}) >= 3
    assert {plan_camera("close-up of her eyes", seed).kind for seed in range(20)} == {"push"}


KINDS = st.sampled_from(
    ["push", "pull", "pan_left", "pan_right", "tilt_up", "tilt_down", "whip_left", "hold"]
)


@given(KINDS, st.floats(0.3, 1.5), st.floats(0, 1), st.floats(0, 1), st.floats(-1, 2))
@settings(max_examples=150, deadline=None)
def test_window_never_leaves_the_canvas(
    kind: str, amount: float, x: float, y: float, moment: float
) -> None:
    left, top, right, bottom = Move(kind, amount, (x, y)).window_at(moment)  # type: ignore[arg-type]
    assert 0 <= left < right <= 1
    assert 0 <= top < bottom <= 1


def test_directions() -> None:
    def travel(kind: str) -> tuple[float, float, float]:
        move = Move(kind)  # type: ignore[arg-type]
        a, b = move.window_at(0), move.window_at(1)
        return b[0] - a[0], b[1] - a[1], (b[2] - b[0]) - (a[2] - a[0])

    assert travel("pan_right")[0] > 0 > travel("pan_left")[0]
    assert travel("tilt_down")[1] > 0 > travel("tilt_up")[1]
    assert travel("push")[2] < 0 < travel("pull")[2]
    assert travel("hold") == (0, 0, 0)


def test_window_keeps_the_frame_s_shape() -> None:
    for kind in ("push", "pan_left", "tilt_up", "whip_right", "hold"):
        move = Move(kind)  # type: ignore[arg-type]
        wide, high = move.span
        for moment in (0, 0.3, 0.47, 1):
            left, top, right, bottom = move.window_at(moment)
            assert (right - left) * wide == pytest.approx((bottom - top) * high)
