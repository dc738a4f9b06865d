"""What may stand behind the question mark of an address."""

from __future__ import annotations

from typing import cast

from shortdrama.sora2.service.clips import Variant
from shortdrama.sora2.service.envelope import ApiError
from shortdrama.sora2.service.ports import Order


def limit_of(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text[:9]) > 100:
        raise ApiError(
            400, "Invalid value for 'limit': 0 to 100", code="invalid_value", param="limit"
        )
    return int(text)


def order_of(text: str) -> Order:
    if text not in {"asc", "desc"}:
        raise ApiError(
            400, "Invalid value for 'order': asc or desc", code="invalid_value", param="order"
        )
    return cast(Order, text)


def variant_of(text: str) -> Variant:
    if text not in {"video", "thumbnail", "spritesheet"}:
        raise ApiError(
            400,
            "Invalid value for 'variant': video, thumbnail or spritesheet",
            code="invalid_value",
            param="variant",
        )
    return cast(Variant, text)
