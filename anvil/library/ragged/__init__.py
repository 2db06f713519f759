"""Arrays whose length the data decides."""
