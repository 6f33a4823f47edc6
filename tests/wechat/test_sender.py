"""Many messages at once: outcomes, dead tokens, halts; and nobody gets a message twice."""

from __future__ import annotations

import itertools
import os
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from tests.wechat.stand_in import CUT, Raw, StandIn
from wechat.client import Timeouts
from wechat.credentials import Credentials, Minted
from wechat.errors import ErrorClass, Refused
from wechat.sender import Answer, Failure, Inbox, Outcome, Post, Sender, SendOutcome, send_all
from wechat.senders.curl import CurlSender
from wechat.senders.threads import RequestsSender
from wechat.token_stores import MemoryTokenStore

PATH = "/cgi-bin/message/template/send"
FAST = Timeouts(0.5, 0.5)
SENDERS = {"curl": CurlSender, "requests": RequestsSender}
Make = Callable[..., Sender]


@pytest.fixture(params=SENDERS)
def make(request: pytest.FixtureRequest) -> Iterator[Make]:
    made: list[Sender] = []

    def new(connections: int = 4) -> Sender:
        made.append(SENDERS[request.param](connections, timeouts=FAST))
        return made[-1]

    yield new
    for sender in made:
        sender.close()


def credentials(*tokens: str) -> tuple[Credentials, list[str]]:
    """Credentials whose platform gives these tokens in turn, the last for ever; and what was given."""
    given: list[str] = []
    waiting = itertools.chain(tokens, itertools.repeat(tokens[-1]))

    def mint() -> Minted:
        given.append(next(waiting))
        return Minted(given[-1], 7200)

    return Credentials("app", MemoryTokenStore(), mint), given


def send(
    sender: Sender, url: str, count: int = 1, *, creds: Credentials | None = None, **kwargs
) -> list[SendOutcome]:
    posts = (Post(key, b'{"n":%d}' % key) for key in range(count))
    known = creds or credentials("T")[0]
    return list(send_all(sender, known, url=url + PATH, path=PATH, posts=posts, **kwargs))


def accepted(msgid: int = 1) -> dict:
    return {"errcode": 0, "errmsg": "ok", "msgid": msgid}


def test_every_message_has_one_outcome(make, platform: StandIn):
    platform.answer(PATH, lambda seen: accepted(3_900_000_000_000_000_000 + seen.json["n"]))

    outcomes = send(make(), platform.url, 50)

    assert sorted(outcome.key for outcome in outcomes) == list(range(50))
    assert all(o.outcome is Outcome.ACCEPTED for o in outcomes)
    assert {o.key: o.msgid for o in outcomes}[7] == "3900000000000000007"
    assert all(seen.query == {"access_token": "T"} for seen in platform.seen)


def test_connections_are_kept_and_bounded(make, platform: StandIn):
    platform.answer(PATH, Raw(b'{"errcode":0}', delay=0.01))
    sender = make(connections=4)

    send(sender, platform.url, 40)
    send(sender, platform.url, 40)

    assert len({seen.connection for seen in platform.seen}) <= 4


@pytest.mark.parametrize(
    ("said", "outcome", "error_class"),
    [
        ({"errcode": 43004, "errmsg": "require subscribe"}, Outcome.REFUSED, ErrorClass.F1),
        ({"errcode": 45015, "errmsg": "closed"}, Outcome.REFUSED, ErrorClass.F2),
        ({"errcode": 45009, "errmsg": "quota"}, Outcome.REFUSED, ErrorClass.D),
        ({"errcode": 45011, "errmsg": "slow"}, Outcome.TRY_LATER, ErrorClass.B),
        ({"errcode": -1, "errmsg": "busy"}, Outcome.TRY_LATER, ErrorClass.A),
        (Raw(b"<html>bad gateway</html>", 502), Outcome.UNKNOWN, None),
        (Raw(b"<html>not found</html>", 404), Outcome.REFUSED, ErrorClass.E),
        (Raw(b"slow down", 429), Outcome.TRY_LATER, ErrorClass.B),
    ],
)
def test_each_answer_has_its_outcome(make, platform: StandIn, said, outcome, error_class):
    platform.answer(PATH, said)

    (told,) = send(make(), platform.url)

    assert (told.outcome, told.error_class) == (outcome, error_class)


def test_rid_and_reason_are_kept_without_ids_of_people(make, platform: StandIn):
    errmsg = "bad oSandboxUser0000000000000001 rid: 66aa0001-00000001-00000001"
    platform.answer(PATH, {"errcode": 40003, "errmsg": errmsg})

    (told,) = send(make(), platform.url)

    assert (told.errmsg, told.rid) == ("bad …", "66aa0001-00000001-00000001")


def test_no_connection_means_nothing_was_sent(make):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"

        (told,) = send(make(), url)

    assert told.outcome is Outcome.TRY_LATER


def test_a_connection_that_is_never_made_means_nothing_was_sent(make):
    with socket.socket() as full:  # a full backlog: the connection hangs
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(3)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(full.getsockname())

        (told,) = send(make(), f"http://127.0.0.1:{full.getsockname()[1]}")

        for one in waiting:
            one.close()
    assert told.outcome is Outcome.TRY_LATER


def test_an_answer_that_never_comes_is_unknown(make, platform: StandIn):
    platform.answer(PATH, Raw(b"{}", delay=5))

    began = time.monotonic()
    (told,) = send(make(), platform.url)

    assert told.outcome is Outcome.UNKNOWN
    assert time.monotonic() - began < 3


def test_a_cut_connection_is_unknown_and_the_message_is_not_sent_again(make, platform: StandIn):
    platform.answer(PATH, accepted(), CUT)  # the second request travels on a kept connection
    sender = make(connections=1)

    outcomes = send(sender, platform.url, 5)

    assert [o.outcome for o in outcomes] == [Outcome.ACCEPTED] + [Outcome.UNKNOWN] * 4
    assert Counter(seen.json["n"] for seen in platform.seen) == dict.fromkeys(range(5), 1)


def test_a_dead_token_is_renewed_once_for_all(make, platform: StandIn):
    platform.answer(
        PATH,
        lambda seen: accepted() if seen.query["access_token"] == "new" else {"errcode": 40001, "errmsg": ""},
    )
    creds, given = credentials("old", "new")

    outcomes = send(make(connections=8), platform.url, 60, creds=creds)

    assert Counter(o.outcome for o in outcomes) == {Outcome.ACCEPTED: 60}
    assert given == ["old", "new"]


def test_a_token_that_stays_dead_stops_the_sending(make, platform: StandIn):
    platform.answer(PATH, {"errcode": 42001, "errmsg": "expired"})
    creds, given = credentials("old", "newer")

    outcomes = send(make(connections=2), platform.url, 100, creds=creds)

    assert 1 <= len(outcomes) <= 8
    assert outcomes[0].stops_campaign
    assert len(given) == 2
    assert Counter(o.outcome for o in outcomes if o.outcome is Outcome.ACCEPTED) == {}


def test_without_a_token_nothing_is_sent(make, platform: StandIn):
    def mint() -> Minted:
        raise Refused("/cgi-bin/stable_token", errcode=40125, error_class=ErrorClass.E)

    outcomes = send(make(), platform.url, 9, creds=Credentials("app", MemoryTokenStore(), mint))

    assert [(o.key, o.outcome, o.errcode) for o in outcomes] == [(0, Outcome.REFUSED, 40125)]
    assert platform.seen == []


def test_an_empty_quota_stops_the_sending(make, platform: StandIn):
    platform.answer(PATH, accepted(), accepted(), {"errcode": 45009, "errmsg": "quota"})

    outcomes = send(make(connections=2), platform.url, 1000)

    counted = Counter(o.outcome for o in outcomes)
    assert counted[Outcome.ACCEPTED] == 2
    assert len(platform.seen) <= 6  # two under way, and what had started before the first answer was read
    assert counted[Outcome.REFUSED] + counted[Outcome.TRY_LATER] == len(outcomes) - 2
    assert len({o.key for o in outcomes}) == len(outcomes) <= 8


def test_a_stop_starts_nothing_more(make, platform: StandIn):
    platform.answer(PATH, accepted())
    told: list[SendOutcome] = []

    posts = (Post(key, b'{"n":%d}' % key) for key in range(1000))
    for outcome in send_all(
        make(connections=2), credentials("T")[0], url=platform.url + PATH, path=PATH, posts=posts,
        stop=lambda: len(told) >= 10,
    ):  # fmt: skip
        told.append(outcome)

    done = [o.key for o in told if o.outcome is Outcome.ACCEPTED]
    assert 10 <= len(told) <= 20
    assert sorted(done) == sorted(seen.json["n"] for seen in platform.seen)
    assert len(next(posts).body) > 0  # the rest was never read


class AtOnce:
    """A sender of 8 connections that has each answer ready at once."""

    connections = 8

    def __init__(self, reply: Callable[[int], bytes]) -> None:
        self.reply = reply
        self.started = 0

    def start(self, url: str, post: Post, inbox: Inbox) -> None:
        self.started += 1
        inbox.put(Answer(post, 200, self.reply(post.key)))

    def close(self) -> None:
        pass


def test_too_fast_slows_down_and_recovers():
    sender = AtOnce(lambda key: b'{"errcode":45011,"errmsg":"too fast"}' if key in (20, 21) else b"{}")
    posts = (Post(key, b"{}") for key in range(500))
    ahead: list[int] = []

    outcomes = send_all(sender, credentials("T")[0], url="http://x" + PATH, path=PATH, posts=posts)
    told = Counter(
        o.outcome for read, o in enumerate(outcomes) if ahead.append(sender.started - read) is None
    )

    assert told == {Outcome.ACCEPTED: 498, Outcome.TRY_LATER: 2}
    assert ahead[10] == 16  # a round on the wire and a round waiting
    assert min(ahead[20:60]) < 8
    assert ahead[400] == 16


def test_two_callers_share_the_connections(make, platform: StandIn):
    platform.answer(PATH, Raw(b'{"errcode":0}', delay=0.005))
    sender = make(connections=4)
    results: list[list[SendOutcome]] = []

    threads = [
        threading.Thread(target=lambda: results.append(send(sender, platform.url, 30))) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [sorted(o.key for o in one) for one in results] == [list(range(30))] * 3
    assert len({seen.connection for seen in platform.seen}) <= 4


def test_leaving_early_starts_nothing_more(make, platform: StandIn):
    platform.answer(PATH, Raw(b'{"errcode":0}', delay=0.01))
    posts = (Post(key, b'{"n":%d}' % key) for key in range(1000))

    for _ in send_all(make(2), credentials("T")[0], url=platform.url + PATH, path=PATH, posts=posts):
        break
    time.sleep(0.1)
    started = len(platform.seen)
    time.sleep(0.1)

    assert started == len(platform.seen) <= 6


def test_a_closed_sender_answers_what_it_was_given(make, platform: StandIn):
    platform.answer(PATH, Raw(b'{"errcode":0}', delay=0.3))
    sender, inbox = make(connections=1), Inbox()
    sender.start(f"{platform.url}{PATH}", Post(0, b"{}"), inbox)
    while not platform.seen:
        time.sleep(0.005)
    sender.start(f"{platform.url}{PATH}", Post(1, b"{}"), inbox)

    sender.close()

    answers: dict[int, Answer] = {answer.post.key: answer for answer in (inbox.get(), inbox.get())}
    assert answers[1].failure is Failure.NEVER_SENT
    assert answers[0].failure in (Failure.LOST, None)


def test_curl_starts_anew_after_closing(platform: StandIn):
    platform.answer(PATH, accepted())
    sender = CurlSender(2, timeouts=FAST)
    send(sender, platform.url, 3)
    sender.close()

    assert len(send(sender, platform.url, 3)) == 3
    sender.close()


def test_a_forked_process_has_connections_of_its_own(platform: StandIn):
    platform.answer(PATH, accepted())
    sender = CurlSender(1, timeouts=FAST)
    send(sender, platform.url)

    child = os.fork()
    if child == 0:
        os._exit(0 if send(sender, platform.url)[0].outcome is Outcome.ACCEPTED else 1)
    status = os.waitpid(child, 0)[1]
    send(sender, platform.url)
    sender.close()

    first, forked, last = [seen.connection for seen in platform.seen]
    assert status == 0
    assert first == last != forked
