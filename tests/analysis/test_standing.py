"""Where one conversation stands among others."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cvi.analysis.standing import standing


def test_median_place_and_count_over_what_is_measured() -> None:
    frame = pd.DataFrame({"turns": [1.0, 2, 3, 4, 5, np.nan], "quality": [1.0] + [np.nan] * 5})
    found = standing(frame, {"turns": 4.0, "quality": 1.0}, ("turns", "quality", "none"))
    assert found["n"].tolist() == [5, 1, 0]
    assert found.loc["turns", "median"] == 3
    assert found.loc["turns", "below"] == 0.7  # three below, and itself half
    assert found.loc[["quality", "none"], ["median", "below"]].isna().all(axis=None)


def test_what_is_not_measured_has_no_place() -> None:
    found = standing(pd.DataFrame({"turns": range(9)}), {}, ("turns",))
    assert found.loc["turns", "median"] == 4
    assert np.isnan(found.loc["turns", "below"])
