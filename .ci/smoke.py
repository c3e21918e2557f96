"""Does the installed package work, with its types and headers, away from its sources?"""

import sys
from importlib.resources import files

import heartbeat

package = files("heartbeat")
for name in ("py.typed", "_native.pyi", "include/heartbeat.h", "include/heartbeat_abi.h"):
    assert package.joinpath(name).is_file(), f"{name} is not installed"
assert str(package).startswith(sys.prefix), f"imported from {package}"

assert heartbeat.get_include() == str(package.joinpath("include")), heartbeat.get_include()

numbers: heartbeat.Channel[int] = heartbeat.Channel()


def count() -> None:
    for number in range(3):
        numbers.send(number)
    numbers.close()


task = heartbeat.go(count)
assert list(numbers) == [0, 1, 2]
task.join(timeout=10)

timer = heartbeat.after(0.01)
due = timer.due
chosen = heartbeat.select(numbers, timer, timeout=10)
assert (chosen.index, chosen.ok) == (0, False), chosen
assert heartbeat.select(timer, timeout=10).value == due
print(f"heartbeat works in {sys.prefix}")
