"""Where one conversation stands among others: the median of each metric and its own percentile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from cvi.analysis.summary import numbers

LEAST = 5  # with fewer conversations a percentile says nothing


def standing(
    frame: pd.DataFrame, values: Mapping[str, float], names: Sequence[str]
) -> pd.DataFrame:
    """Per metric: n measured, their median, and the share of them below `values` (ties half).

    `frame` has one row a conversation; names without a column or with fewer than LEAST measured
    have NaN. Index: metric name. Columns n (int), median (the metric's unit), below (0..1).
    """
    rows = []
    for name in names:
        column = numbers(frame, name).to_numpy(np.float64, na_value=np.nan)
        known = column[~np.isnan(column)]
        own = values.get(name)
        if len(known) < LEAST:
            rows.append((len(known), np.nan, np.nan))
            continue
        below = np.nan
        if own is not None:
            ties = np.count_nonzero(known == own) / 2
            below = (np.count_nonzero(known < own) + ties) / len(known)
        rows.append((len(known), float(np.median(known)), below))
    return pd.DataFrame(
        rows, columns=["n", "median", "below"], index=pd.Index(names, name="metric")
    )
