"""A bucket never gives more than its rate, and a lost Redis harms nobody."""

from __future__ import annotations

from typing import Any

import pytest
import redis

from connections.kit.clock import Clock
from connections.kit.limits import LocalLimiter, RedisLimiter, shape
from connections.kit.values import Rate
from tests.every import every


class Time:
    def __init__(self) -> None:
        self.now = 100.0

    def clock(self) -> Clock:
        return Clock(monotonic=lambda: self.now)


@every("rate", [Rate(1, 2), Rate(2, 1), Rate(10, 1), Rate(60, 60), Rate(1000, 60)])
def test_no_window_holds_more_than_the_rate(rate: Rate) -> None:
    time = Time()
    limiter = LocalLimiter(time.clock())
    taken: list[float] = []
    while time.now < 100 + 4 * rate.per_seconds:
        wait = limiter.take("a", rate)
        if wait:
            time.now += wait + 1e-9
        else:
            taken.append(time.now)

    # Those from one on which the window holds, at most: there is one more only after the window.
    for start, beyond in zip(taken, taken[rate.requests :], strict=False):
        assert beyond >= start + rate.per_seconds


def test_buckets_are_apart() -> None:
    limiter = LocalLimiter(Time().clock())
    rate = Rate(1, 60)

    assert limiter.take("a", rate) == 0
    assert limiter.take("a", rate) == pytest.approx(60)
    assert limiter.take("b", rate) == 0


def test_a_bucket_fills_again_and_not_beyond_its_size() -> None:
    time = Time()
    limiter = LocalLimiter(time.clock())
    rate = Rate(20, 10)
    size, _ = shape(rate)

    time.now += 1000
    given = 0
    while limiter.take("a", rate) == 0:
        given += 1

    assert given == size == 2


class Redis:
    """A client whose script fails or answers."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.calls: list[tuple[list[str], list[float]]] = []

    def register_script(self, script: str) -> Any:
        def call(*, keys: list[str], args: list[float]) -> Any:
            self.calls.append((keys, args))
            if isinstance(self.answer, Exception):
                raise self.answer
            return self.answer

        return call


def test_the_shared_bucket_is_asked_by_its_key() -> None:
    client: Any = Redis(b"1.500000")
    limiter = RedisLimiter(client, Time().clock())

    assert limiter.take("7:1:requests", Rate(20, 10)) == 1.5
    assert client.calls == [(["rate:7:1:requests"], [2.0, 1.8])]


@every("failure", [redis.ConnectionError("gone"), OSError("gone")])
def test_without_redis_each_process_has_its_own_bucket(failure: Exception) -> None:
    time = Time()
    client: Any = Redis(failure)
    limiter = RedisLimiter(client, time.clock())
    rate = Rate(1, 60)

    assert limiter.take("a", rate) == 0
    assert limiter.take("a", rate) > 0
    assert len(client.calls) == 1  # Redis is left alone for a while

    time.now += 6
    client.answer = b"0"
    assert limiter.take("a", rate) == 0
    assert len(client.calls) == 2
