"""How much of a frame's stack is in use at an instruction: worked out from the code alone."""

import dis
from functools import lru_cache
from types import CodeType

_ENDS = {"JUMP_FORWARD", "JUMP_BACKWARD", "JUMP_BACKWARD_NO_INTERRUPT", "RETURN_VALUE", "RETURN_CONST",
         "RAISE_VARARGS", "RERAISE"}
_JUMPS = {*dis.hasjrel, *dis.hasjabs}


def _effect(instruction: dis.Instruction, jump: bool) -> int:
    """What the tables of the dis module tell, but for 3.11, where a call takes its arguments off last."""
    argument = instruction.arg if instruction.opcode >= dis.HAVE_ARGUMENT else None
    if instruction.opname == "PRECALL":
        return 0
    effect = dis.stack_effect(instruction.opcode, argument, jump=jump)
    return effect - (argument or 0) if instruction.opname == "CALL" and "PRECALL" in dis.opmap else effect


def _nexts(instruction: dis.Instruction, following: int | None, depth: int) -> list[tuple[int, int]]:
    """Where the program can go from there, and how deep its stack is then."""
    found = []
    if instruction.opcode in _JUMPS:
        found.append((instruction.argval, depth + _effect(instruction, True)))
    if following is not None and instruction.opname not in _ENDS:
        found.append((following, depth + _effect(instruction, False)))
    return found


def _work_out(code: CodeType) -> dict[int, int]:
    """The depth before each instruction that can be reached; empty if that is not one number."""
    bytecode = dis.Bytecode(code)
    handlers = bytecode.exception_entries  # type: ignore[attr-defined]  # not in every stub
    instructions = {each.offset: each for each in bytecode}
    order = list(instructions)
    following = dict(zip(order, order[1:], strict=False))
    todo = [(0, 0), *((each.target, each.depth + each.lasti + 1) for each in handlers)]
    known: dict[int, int] = {}
    while todo:
        offset, depth = todo.pop()
        if known.setdefault(offset, depth) != depth or depth < 0:
            return {}
        nexts = _nexts(instructions[offset], following.get(offset), depth)
        todo += [each for each in nexts if known.get(each[0]) != each[1]]
    return known


_depths = lru_cache(maxsize=512)(_work_out)


def depth_at(code: CodeType, offset: int) -> int:
    """How deep the stack is where a call at that instruction is under way; -1: not known."""
    return _depths(code).get(offset, -1)
