"""Pure analysis: functions from texts and frames to scores. No I/O beyond the shipped data files."""
