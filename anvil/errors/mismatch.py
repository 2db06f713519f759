"""What the runtime tells the call path; never seen by users."""


class SignatureMismatch(TypeError):
    """A module was called with other shapes or dtypes than it was compiled for."""
