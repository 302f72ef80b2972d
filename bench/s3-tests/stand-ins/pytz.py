"""Of the package pytz, what the tests use."""

import datetime

utc = UTC = datetime.timezone.utc
