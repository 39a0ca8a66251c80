"""How often Python looks for rubbish in circles: by its own setting a busy consumer spends a quarter of its time on it.

Every message makes some twenty objects that live until its batch has committed, and each look at the young ones ages
those; soon everything is looked at again, the libraries' hundred thousand objects included. What is made at the start
is never rubbish; what a batch leaves is freed without any look, because it holds no circles.
"""

import gc

YOUNG = 50_000
"""Objects made and not freed before the youngest are looked at; 700 by Python's own setting."""


def look_less_often() -> None:
    """Call it once, when everything that lives as long as the process has been made."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 10, 10)
