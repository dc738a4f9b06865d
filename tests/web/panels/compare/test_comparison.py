"""Which takes stand beside each other, and which addresses lead to others."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from shortdrama.board.service import BoardView, ShotView
from shortdrama.domain.ids import EpisodeId, ProjectId, SceneId, TakeId, new_id
from shortdrama.domain.project import Episode, Project, Scene, Shot
from shortdrama.domain.take import Take, TakeStatus
from shortdrama.errors import InvalidInput, NotFound
from shortdrama.web.panels.compare.comparison import Comparison, compare
from shortdrama.web.panels.studio.place import Place
from shortdrama.web.panels.takes.card import Setting, take_card
from shortdrama.web.panels.takes.listing import Depth
from web.panels.made_takes import NOW, SHOT, a_clip, a_take


def ready(number: int, seconds: float = 4.0, *, is_rejected: bool = False) -> Take:
    return a_take(number=number, clip=a_clip(seconds), is_rejected=is_rejected)


def place(*takes: Take, selected: TakeId | None = None) -> Place:
    """A shot with these takes, as a page that opens it finds it."""
    episode = EpisodeId(new_id())
    shot = Shot(SHOT, SceneId("s"), episode, 7, "", selected, NOW)
    view = ShotView(shot, tuple(sorted(takes, key=lambda take: -take.number)))
    project = Project(ProjectId("p"), "Night Market", NOW)
    board = BoardView(
        project=project,
        episode=Episode(episode, project.id, 3, "", NOW),
        scenes=(Scene(SceneId("s"), episode, 1, ""),),
        shots=(view,),
    )
    setting = Setting(labels={}, selected=selected, shot_number=7)
    cards = tuple(take_card(take, setting, NOW) for take in view.takes)
    return Place(board=board, view=view, cards=cards, labels={}, shown=None)


def numbers(comparison: Comparison) -> list[int]:
    return [compared.card.number for compared in comparison.takes]


def asked_by(href: str) -> list[str]:
    return parse_qs(urlsplit(href).query)["takes"][0].split(",")


def test_the_newest_four_and_the_selected_one_in_the_order_of_their_numbers() -> None:
    takes = [ready(number) for number in range(1, 8)]
    assert numbers(compare(place(*takes))) == [4, 5, 6, 7]
    assert numbers(compare(place(*takes, selected=takes[1].id))) == [2, 5, 6, 7]


def test_a_rejected_take_gives_way_to_others_but_is_shown_where_there_is_room() -> None:
    old, rejected = ready(1), ready(6, is_rejected=True)
    four = [ready(number) for number in (2, 3, 4)]
    assert numbers(compare(place(old, *four, rejected))) == [1, 2, 3, 4]
    assert numbers(compare(place(old, rejected))) == [1, 6]
    assert compare(place(old, rejected)).rejected_count == 1


def test_only_takes_with_a_clip_are_compared() -> None:
    running = a_take(TakeStatus.GENERATING, number=3)
    assert numbers(compare(place(ready(1), ready(2), running))) == [1, 2]
    alone = compare(place(ready(1), running))
    assert (alone.takes, alone.words, alone.duration_s) == ((), "", 0.0)


def test_the_address_says_which() -> None:
    takes = [ready(number) for number in range(1, 6)]
    here = place(*takes)
    assert numbers(compare(here, [takes[3].id, takes[0].id, takes[3].id])) == [1, 4]


def test_what_cannot_be_compared_is_refused() -> None:
    takes = [ready(number) for number in range(1, 6)]
    failed = a_take(TakeStatus.FAILED, number=9)
    here = place(*takes, failed)
    for wrong in ([takes[0].id], [take.id for take in takes], [takes[0].id, failed.id]):
        with pytest.raises(InvalidInput):
            compare(here, wrong)
    with pytest.raises(NotFound):
        compare(here, [takes[0].id, new_id()])


def test_the_newest_undecided_take_is_chosen_first() -> None:
    one, two, three = ready(1), ready(2), ready(3, is_rejected=True)
    first = [c.card.number for c in compare(place(one, two, three)).takes if c.is_first]
    assert first == [2]
    decided = compare(place(one, three, selected=one.id))
    assert [c.card.number for c in decided.takes if c.is_first] == [3]


def test_links_put_a_take_in_or_out() -> None:
    takes = [ready(number) for number in range(1, 6)]
    comparison = compare(place(*takes, selected=takes[0].id))
    links = {choice.label: choice for choice in comparison.others}
    ids = [take.id for take in takes]
    assert [links[n].is_current for n in range(1, 6)] == [True, False, True, True, True]
    assert asked_by(links[5].href) == [ids[0], ids[2], ids[3]]
    assert asked_by(links[2].href) == [ids[0], ids[1], ids[3], ids[4]]
    assert [(c.label, c.is_current) for c in comparison.counts] == [
        (2, False),
        (3, False),
        (4, True),
    ]
    assert asked_by(comparison.counts[0].href) == [ids[0], ids[4]]


def test_two_stay_two() -> None:
    takes = [ready(number) for number in (1, 2, 3)]
    comparison = compare(place(*takes), [takes[0].id, takes[1].id])
    shown = next(choice for choice in comparison.others if choice.label == 1)
    assert asked_by(shown.href) == [takes[0].id, takes[1].id]


def test_the_longest_gives_the_length_and_all_together_the_cost() -> None:
    comparison = compare(place(ready(1, 2.0), ready(2, 8.0)))
    assert (comparison.duration_s, comparison.cost) == (8.0, "$0.80")
    assert comparison.takes[0].shape == "tall"
    assert comparison.takes[0].download_url.endswith("Shot%2007%2C%20take%201.mp4?download=1")


def test_steps_go_by_the_finest_of_the_frame_rates() -> None:
    def steps(*rates: float | None) -> float:
        takes = (
            a_take(number=number, clip=a_clip(fps=fps)) for number, fps in enumerate(rates, start=1)
        )
        return compare(place(*takes)).fps

    assert steps(24.0, 60.0, 25.0) == 60
    assert steps(24.0, 24.0) == 24
    assert steps(None, 24.0) == 30  # nobody measured the first; it may be the studio's own


def test_a_take_has_the_key_that_shows_it_in_the_studio() -> None:
    assert compare(place(*(ready(number) for number in (2, 4, 9, 10)))).keys == (2, 4, 9)


def test_of_many_ready_takes_the_newest_are_offered_and_the_older_ones_on_request() -> None:
    takes = [ready(number) for number in range(1, 131)]
    shot = place(*takes)
    first = compare(shot, [takes[0].id, takes[1].id])
    assert [choice.label for choice in first.others] == [*range(130, 70, -1), 2, 1]
    assert first.older == 70
    assert numbers(first) == asked_numbers(takes, first.older_url)
    query = parse_qs(urlsplit(first.older_url).query)
    further = compare(shot, (), Depth(query["until"][0], goes_further=True))
    assert [choice.label for choice in further.others] == [*range(130, 10, -1)]
    assert compare(place(*takes[:60])).older_url == ""


def asked_numbers(takes: list[Take], href: str) -> list[int]:
    by_id: dict[str, int] = {take.id: take.number for take in takes}
    return [by_id[take_id] for take_id in asked_by(href)]


def test_an_unknown_price_is_not_called_free() -> None:
    unpriced = a_take(number=1, clip=a_clip(), estimate_micro_usd=None)
    free = a_take(number=2, clip=a_clip(), estimate_micro_usd=0)
    assert compare(place(free, unpriced)).cost == "price unknown for 1 take"
    assert (
        compare(place(free, a_take(number=3, clip=a_clip(), estimate_micro_usd=0))).cost == "free"
    )
