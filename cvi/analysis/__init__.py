"""Pure analysis: functions from texts and frames to scores. They read the shipped data, no more."""
