"""Where a model's price is from, in a sentence beside it."""

from __future__ import annotations

from shortdrama.connections.figures import OWN
from shortdrama.domain.model import Capability
from shortdrama.web.i18n import _


def price_source(capability: Capability) -> str:
    """ "" where there is no price, or none that anybody asks."""
    if not capability.micro_usd_per_second:
        return ""
    if capability.source == OWN:
        return _("The price is your own figure, from the settings.")
    if not capability.source:
        return ""
    return _("Source: %(source)s") % {"source": capability.source}
