"""The contract is no test module by name, but its assertions should speak like one's."""

import pytest

pytest.register_assert_rewrite("providers.contract")
