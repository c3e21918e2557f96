"""What the tools of this package raise."""

from heartbeat._native import Error


class LeakError(Error, AssertionError):
    """Something outlived what began it. `report` names each: what it waits for, where it was made."""

    def __init__(self, message: str = "", report: str = "") -> None:
        super().__init__(f"{message}\n{report}" if report else message)
        self.report = report
