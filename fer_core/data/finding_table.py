"""A finding as a table: what a page shows beside the faces, and what people take away as CSV."""

from __future__ import annotations

import numpy as np
import pandas as pd

from fer_core.data.label_errors import LabelErrors
from fer_core.data.quality import Finding, crowd_agreement
from fer_core.data.reading import FerDataset
from fer_core.labels import FER2013_LABELS, FERPLUS_COLUMNS, LABELS


def finding_table(
    dataset: FerDataset, finding: Finding, label_errors: LabelErrors | None = None
) -> pd.DataFrame:
    """The rows of a finding, in its order.

    Returns:
        row (number in the file), split, label, group, left out (whether excluding the finding removes it); with
        votes: crowd (the name most voted for) and agreement (share of the votes for the row's own label); for
        label errors: suggested and confidence (the share the model gives the row's own label). The index is the
        position in the data set.
    """
    at = finding.positions
    table = pd.DataFrame(
        {
            "row": dataset.row[at],
            "split": dataset.usage[at],
            "label": np.array(FER2013_LABELS)[dataset.emotion[at]],
            "group": finding.group + 1,
            "left out": np.isin(at, finding.excluded),
        },
        index=pd.Index(at, name="position"),
    )
    if dataset.votes is not None:
        votes = dataset.votes[at]
        names = np.array(["not a face" if name == "NF" else name for name in FERPLUS_COLUMNS])
        top = names[votes.argmax(axis=1)]
        table["crowd"] = np.where(votes.sum(axis=1) > 0, top, "no votes")
        table["agreement"] = crowd_agreement(dataset)[at]
    if finding.name == "label_errors" and label_errors is not None:
        table["suggested"] = np.array(LABELS)[label_errors.suggested]
        table["confidence"] = label_errors.confidence
    return table
