"""What can be typed after `infra24`: a file for each group of commands, put together in `cli.py`."""
