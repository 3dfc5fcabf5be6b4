"""Rate limits shared through a real Redis, and what happens when it is gone."""

from __future__ import annotations

import os
import socket
import threading
import time
import uuid

import redis

from connections.kit.limits import RedisLimiter
from connections.kit.values import Rate
from connections.opening import shared_limiter
from tests.every import every


def client() -> redis.Redis:
    return redis.Redis.from_url(os.environ["REDIS_URL"])


def test_two_workers_share_one_bucket() -> None:
    key, rate = uuid.uuid4().hex, Rate(40, 60)
    workers = [RedisLimiter(client()) for _ in range(2)]

    given = sum(workers[number % 2].take(key, rate) == 0 for number in range(20))

    assert given == 4  # the size of the bucket; the rest drips in over the minute
    wait = workers[0].take(key, rate)
    assert 0 < wait <= 60 / 36


def test_a_bucket_fills_by_the_time_of_redis_and_is_forgotten_when_full() -> None:
    connection = client()
    limiter, key, rate = RedisLimiter(connection), uuid.uuid4().hex, Rate(10, 0.5)
    assert limiter.take(key, rate) == 0
    wait = limiter.take(key, rate)
    assert 0 < wait < 0.1

    time.sleep(wait + 0.01)

    assert limiter.take(key, rate) == 0
    assert 0 < connection.pttl(f"rate:{key}") <= 1100


def test_many_threads_never_get_more_than_there_is() -> None:
    key, rate = uuid.uuid4().hex, Rate(100, 600)
    taken: list[float] = []

    def work() -> None:
        limiter = RedisLimiter(client())
        taken.extend(limiter.take(key, rate) for _ in range(10))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(wait == 0 for wait in taken) == 10


@every("hanging", [False, True])
def test_a_redis_that_is_gone_or_hangs_stops_nobody(hanging: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        if not hanging:
            silent.close()
        limiter = shared_limiter(f"redis://127.0.0.1:{port}/0")
        begun = time.monotonic()

        assert limiter.take("a", Rate(1, 60)) == 0
        assert limiter.take("a", Rate(1, 60)) > 0
        assert time.monotonic() - begun < 2  # one short attempt, then none for a while
