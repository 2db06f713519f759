"""Programs whose handlers raise, with the arguments that they are tried on."""

from __future__ import annotations

import math

from tests.parser.exception_programs import case


@case((2, -1.0), (2, 4.0), (0, -1.0))
def handlers_that_raise(n, x):
    steps = []
    try:
        try:
            y = math.sqrt(x)
            steps.append(1)
        except ValueError:
            steps.append(2)
            raise
        except Exception:
            steps.append(3)
    except ValueError:
        steps.append(4)
    try:
        try:
            y = 12 // n
        except ZeroDivisionError:
            steps.append(5)
            y = math.sqrt(x)
        except ValueError:
            steps.append(6)
        finally:
            steps.append(7)
    except (ValueError, ZeroDivisionError) as error:
        steps.append(8)
        y = len(error.args)
    return steps, y


@case((2, -1.0), (2, 4.0), (0, -1.0))
def handlers_inside_handlers(n, x):
    count = 0
    try:
        count += 1
        y = math.sqrt(x)
    except IndexError:
        pass
    except Exception:
        count += 10
        try:
            y = n // n
        except IndexError:
            count += 100
        print(count)
        raise
    finally:
        count += 1000
        print(count)
    return y, count


@case((2, -1.0), (0, -1.0), (0, 4.0), (9, 4.0))
def raised_beside_what_is_handled(n, x):
    count = 0
    try:
        try:
            if n > 5:
                raise ValueError("large")
            count += round(math.sqrt(x)) * 100
            if n < 1:
                raise TypeError("small")
        except (TypeError, ValueError):
            count += 1
            raise
    except Exception:
        count += 10
    return count


@case((1, 2.0), (0, 2.0), (1, -2.0))
def one_of_two_classes(n, x):
    count = 0
    try:
        try:
            raise ValueError("a") if n else KeyError("b")
        except (ValueError, KeyError) as error:
            count += 1
            found = error
        if x < 0:
            raise found from None
        count += 10
        raise [IndexError, TypeError][n]
    except LookupError as error:
        count += 100 if error.__suppress_context__ else 200
    except (ValueError, TypeError) as error:
        count += 1000 if error.__cause__ is None else 2000
    return count
