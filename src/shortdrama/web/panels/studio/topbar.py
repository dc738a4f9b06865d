"""What the top bar of every page shows: names, spend of today, the queue in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from shortdrama.board.api_project import API_PROJECT
from shortdrama.board.sample import SAMPLE_PROJECT
from shortdrama.board.service import BoardView, ProjectView
from shortdrama.domain.ids import EpisodeId
from shortdrama.domain.money import dollars
from shortdrama.web.i18n import _
from shortdrama.web.panels.takes.cost import cost_words
from shortdrama.web.services import Services


@dataclass(frozen=True, slots=True)
class EpisodeLink:
    """A row of the project menu."""

    project: str
    episode: str
    href: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class TopBar:
    """`page` is "studio", "library", "settings" or "spend"."""

    page: str
    project_id: str
    project_title: str
    episode_id: str
    episode_number: int
    episode_title: str
    spent: str  # as far as the prices are known
    spent_in_full: str  # and what is without a price
    day_cap: str  # "" where there is none
    queue_words: str
    queue_count: int
    episodes: tuple[EpisodeLink, ...]
    has_sample: bool  # whether it stands among them

    @property
    def takes_episodes(self) -> bool:
        """The project of programs gets its own, one a day."""
        return self.project_id != API_PROJECT

    @property
    def project_label(self) -> str:
        return _project_label(self.project_title)

    @property
    def page_title(self) -> str:
        """What the browser's tab says; "" for a page whose title says more than the project."""
        title = {
            "studio": _("Studio – %(project)s"),
            "library": _("Library – %(project)s"),
            "settings": _("Settings – %(project)s"),
            "spend": _("Spend – %(project)s"),
        }.get(self.page, "")
        return title % {"project": self.project_label} if title else ""

    @property
    def episode_label(self) -> str:
        return _episode_label(self.episode_number, self.episode_title)


def top_bar(services: Services, page: str, board: BoardView) -> TopBar:
    """The bar for a page; `board` is the episode it is in."""
    queue = services.takes.queue_summary()
    today = services.money.today()
    projects = services.board.projects()
    return TopBar(
        page=page,
        project_id=board.project.id,
        project_title=board.project.title,
        episode_id=board.episode.id,
        episode_number=board.episode.number,
        episode_title=board.episode.title,
        spent=dollars(today.sum.counted_micro_usd),
        spent_in_full=cost_words(today.sum.counted_micro_usd, today.sum.without_price, dollars(0)),
        day_cap="" if today.micro_usd is None else dollars(today.micro_usd),
        queue_words=queue_words(queue.running, queue.queued, queue.to_look_at),
        queue_count=queue.running + queue.queued + queue.to_look_at,
        episodes=tuple(_episode_links(projects, board.episode.id)),
        has_sample=any(view.project.id == SAMPLE_PROJECT for view in projects),
    )


def _episode_links(projects: Iterable[ProjectView], current: EpisodeId) -> Iterator[EpisodeLink]:
    for view in projects:
        for opening in view.episodes:
            episode = opening.episode
            yield EpisodeLink(
                project=_project_label(view.project.title),
                episode=_episode_label(episode.number, episode.title),
                href=f"/?shot={opening.first_shot}",
                is_current=episode.id == current,
            )


def _project_label(title: str) -> str:
    return title or _("Untitled project")


def _episode_label(number: int, title: str) -> str:
    return f"{number} · {title or _('Untitled episode')}"


def queue_words(running: int, queued: int, to_look_at: int) -> str:
    """ "1 running, 2 queued"; what waits for a person is named before what waits for its turn."""
    if not (running or queued or to_look_at):
        return _("Nothing queued")
    words = [_("{count} running").format(count=running)]
    if queued:
        words.append(_("{count} queued").format(count=queued))
    if to_look_at:
        words.append(_("{count} to look at").format(count=to_look_at))
    return ", ".join(words)
