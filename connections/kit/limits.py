"""Rate limits that all workers share: a token bucket per account, kept in Redis.

The bucket is a courtesy, not a truth: without Redis each process keeps its own, requests go on,
and the other side's 429 has the last word.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final, Protocol

import redis
import structlog

from connections.kit.clock import Clock
from connections.kit.values import Rate

log = structlog.get_logger()


class Limiter(Protocol):
    """Hands out permissions to ask."""

    def take(self, key: str, rate: Rate) -> float:
        """Take one permission: 0 if it was given, else the seconds until one is free."""


class _Bucket:
    __slots__ = ("at", "tokens")

    def __init__(self, tokens: float, at: float) -> None:
        self.tokens = tokens
        self.at = at


def shape(rate: Rate) -> tuple[float, float]:
    """Give size and tokens per second of a bucket that never exceeds the rate in any window.

    What the full bucket gives at once is missing from what drips into it, so that the two
    together stay within the limit.
    """
    size = max(1.0, rate.requests // 10)
    return size, max(rate.requests - size, 1.0) / rate.per_seconds


class LocalLimiter:
    """Buckets of this process alone."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._now: Callable[[], float] = (clock or Clock()).monotonic
        self._buckets: dict[str, _Bucket] = {}
        self._lock = threading.Lock()

    def take(self, key: str, rate: Rate) -> float:
        """Take one permission from this process's bucket."""
        size, speed = shape(rate)
        with self._lock:
            now = self._now()
            bucket = self._buckets.setdefault(key, _Bucket(size, now))
            bucket.tokens = min(size, bucket.tokens + (now - bucket.at) * speed)
            bucket.at = now
            if bucket.tokens >= 1:
                bucket.tokens -= 1
                return 0.0
            return (1 - bucket.tokens) / speed


# The time is Redis's own, so the clocks of the workers do not matter.
_script: Final = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local size, speed = tonumber(ARGV[1]), tonumber(ARGV[2])
local bucket = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens, at = tonumber(bucket[1]) or size, tonumber(bucket[2]) or now
tokens = math.min(size, tokens + math.max(0, now - at) * speed)
local wait = 0
if tokens >= 1 then tokens = tokens - 1 else wait = (1 - tokens) / speed end
redis.call('HSET', KEYS[1], 'tokens', string.format('%.6f', tokens), 'at', string.format('%.6f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil(size / speed * 1000) + 1000)
return string.format('%.6f', wait)
"""


class RedisLimiter:
    """Buckets in Redis; its own buckets while Redis does not answer."""

    def __init__(
        self, client: redis.Redis, clock: Clock | None = None, *, pause_seconds: float = 5.0
    ) -> None:
        self._now = (clock or Clock()).monotonic
        self._take = client.register_script(_script)
        self._alone = LocalLimiter(clock)
        self._pause_seconds = pause_seconds
        self._ask_again_at = float("-inf")

    def take(self, key: str, rate: Rate) -> float:
        """Take one permission from the shared bucket."""
        if self._now() < self._ask_again_at:
            return self._alone.take(key, rate)
        size, speed = shape(rate)
        try:
            return float(self._take(keys=[f"rate:{key}"], args=[size, speed]))
        except (redis.RedisError, OSError) as error:
            # A lost Redis must not cost each request a timeout.
            self._ask_again_at = self._now() + self._pause_seconds
            log.warning("rate_limits_local", error=type(error).__name__)
            return self._alone.take(key, rate)
