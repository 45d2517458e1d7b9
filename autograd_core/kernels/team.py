"""Sharing a launch's tasks among threads: `run_tasks` in the caller, `serve` in the workers, a mailbox between them.

Why not Numba's prange: its OpenMP region ends only when every thread has come by, so on a machine that does other
things too, a 30 µs product waits 8 ms until the scheduler lets an idle helper say that it did nothing; each parallel
function takes a second to compile; GNU OpenMP aborts forked children; and the workqueue layer aborts when two threads
enter it at once. Here tasks are claimed one by one from a counter, the caller claims like everybody else, and waits
for nothing but tasks that somebody has begun.

The mailbox is an array of int64, one cache line a field:

    STATE      number of the job in the upper half, tasks not yet claimed in the lower; claiming is one
               compare-and-swap, so a late worker can never claim from a job other than it looked at
    DONE       tasks finished in this job; beside it, at RAN, how often a plan's launches have been run
    FUNCTION   address of the code that runs a task        ┐ written before STATE is published, and read only by
    ARGUMENTS  address of its arguments                    │ holders of an unfinished task, for whom the caller
    TASKS      how many there are in all                   ┘ still waits
    OPEN       0 asks workers to leave
    PACKED     the arguments themselves, as a struct; or they lie in another array of this layout, whose launch was
               planned (`launch.Plan`)
"""

import os

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.errors import NumbaError
from numba.extending import intrinsic

from autograd_core.kernels.jit import entry, jit

_LINE = 8  # int64s in a cache line
DONE, FUNCTION, ARGUMENTS, TASKS, OPEN, WORKERS, PACKED = (field * _LINE for field in range(7))
RAN = DONE + 1
# 4 kB for arguments: an array of one axis takes 56 bytes.
SHARES = PACKED + 512

_INT = ir.IntType(64)
_TASK = ir.FunctionType(ir.VoidType(), [cgutils.voidptr_t, _INT, _INT])  # arguments, worker, task
_UNCLAIMED = (1 << 32) - 1
# Looks at the mailbox between two offers of the processor to other threads: a fraction of a microsecond.
_LOOKS = 1 << 6


def _field(context, builder, mailbox_type, mailbox, field):
    data = context.make_array(mailbox_type)(context, builder, mailbox).data
    return builder.gep(data, [field if isinstance(field, ir.Value) else ir.Constant(_INT, field)])


@intrinsic
def _load(typing_context, mailbox, field):
    """The field as memory has it now, with everything that was written before it."""

    def generate(context, builder, signature, arguments):
        return builder.load_atomic(_field(context, builder, signature.args[0], *arguments), "acquire", 8)

    return types.int64(mailbox, types.int64), generate


@intrinsic
def _store(typing_context, mailbox, field, value):
    """Set the field, after everything that was written before."""

    def generate(context, builder, signature, arguments):
        place = _field(context, builder, signature.args[0], *arguments[:2])
        builder.store_atomic(arguments[2], place, "release", 8)
        return context.get_dummy_value()

    return types.void(mailbox, types.int64, types.int64), generate


@intrinsic
def _finish_one(typing_context, mailbox):
    def generate(context, builder, signature, arguments):
        place = _field(context, builder, signature.args[0], arguments[0], DONE)
        builder.atomic_rmw("add", place, ir.Constant(_INT, 1), "acq_rel")
        return context.get_dummy_value()

    return types.void(mailbox), generate


@intrinsic
def _swap(typing_context, mailbox, field, expected, new):
    """Replace the field if it still is `expected`; True if so."""

    def generate(context, builder, signature, arguments):
        place = _field(context, builder, signature.args[0], *arguments[:2])
        outcome = builder.cmpxchg(place, *arguments[2:], "acq_rel", "acquire")
        return builder.extract_value(outcome, 1)

    return types.boolean(mailbox, types.int64, types.int64, types.int64), generate


@intrinsic
def _offer_processor(typing_context):
    """Let another thread run here, if one is waiting."""

    def generate(context, builder, signature, arguments):
        name = "SwitchToThread" if os.name == "nt" else "sched_yield"
        function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(ir.IntType(32), []), name)
        builder.call(function, [])
        return context.get_dummy_value()

    return types.void(), generate


@intrinsic
def _run_task(typing_context, mailbox, worker, task):
    """Call the code at FUNCTION with ARGUMENTS."""

    def generate(context, builder, signature, arguments):
        mailbox, worker, task = arguments
        function, packed = (
            builder.load(_field(context, builder, signature.args[0], mailbox, field)) for field in (FUNCTION, ARGUMENTS)
        )
        packed = builder.inttoptr(packed, cgutils.voidptr_t)
        builder.call(builder.inttoptr(function, _TASK.as_pointer()), [packed, worker, task])
        return context.get_dummy_value()

    return types.void(mailbox, types.int64, types.int64), generate


def _unowned(context, builder, type_, value):
    """An array without a reference count, which all threads would count up and down for every view they take.

    The caller holds it for as long as tasks run.
    """
    if not isinstance(type_, types.Array):
        return value
    array = context.make_array(type_)(context, builder, value=value)
    array.meminfo = cgutils.get_null_value(array.meminfo.type)
    array.parent = cgutils.get_null_value(array.parent.type)
    return array._getvalue()


def sharing(function):
    """Make the intrinsic `post(mailbox, (argument, ...))`, after which `run_tasks` runs this function's tasks.

    The function is jitted and called as `function(worker, task, *arguments)`.
    """

    @intrinsic
    def post(typing_context, mailbox, arguments):
        # The function is not an argument: Numba would bake its address in this process into the machine code.
        types_ = (types.int64, types.int64, *arguments.types)
        function.compile(types_)
        compiled = function.overloads[types_]

        def generate(context, builder, outer, values):
            mailbox, packed = values
            if context.get_abi_sizeof(packed.type) > 8 * (SHARES - PACKED):
                raise NumbaError(f"{function.__name__}: its {len(arguments.types)} arguments do not fit into a mailbox")
            place = builder.bitcast(_field(context, builder, outer.args[0], mailbox, PACKED), packed.type.as_pointer())
            builder.store(packed, place)
            entry = ir.Function(builder.module, _TASK, builder.module.get_unique_name("task"))
            entry.linkage = "internal"
            inner = ir.IRBuilder(entry.append_basic_block())
            unpacked = inner.load(inner.bitcast(entry.args[0], packed.type.as_pointer()))
            members = [
                _unowned(context, inner, type_, inner.extract_value(unpacked, i))
                for i, type_ in enumerate(arguments.types)
            ]
            context.active_code_library.add_linking_library(compiled.library)
            callee = context.declare_function(builder.module, compiled.fndesc)
            values = [entry.args[1], entry.args[2], *members]
            context.call_conv.call_function(inner, callee, compiled.signature.return_type, types_, values)
            inner.ret_void()
            for field, pointer in ((FUNCTION, entry), (ARGUMENTS, place)):
                number = builder.ptrtoint(pointer, _INT)
                builder.store(number, _field(context, builder, outer.args[0], mailbox, field))
            return context.get_dummy_value()

        return types.void(mailbox, arguments), generate

    return post


@jit
def _claim(mailbox, worker):
    """The number of a task for this worker to run, of its own share or another's, or -1 if none is left."""
    workers = _load(mailbox, WORKERS)
    for i in range(workers):
        owner = worker + i if worker + i < workers else worker + i - workers
        share = SHARES + owner * _LINE
        state = _load(mailbox, share)
        while state & _UNCLAIMED:
            if _swap(mailbox, share, state, state - 1):
                return _end_of_share(_load(mailbox, TASKS), workers, owner) - (state & _UNCLAIMED)
            state = _load(mailbox, share)
    return -1


@jit
def _end_of_share(tasks, workers, owner):
    return tasks * (owner + 1) // workers


@jit
def run_tasks(mailbox, tasks):
    """Run what was posted for every task from 0; return when all are done.

    The caller is worker 0. Tasks may run in any order and at the same time.
    """
    if tasks == 0:
        return
    _store(mailbox, TASKS, tasks)
    _store(mailbox, DONE, 0)
    workers = _load(mailbox, WORKERS)
    job = (_load(mailbox, SHARES) >> 32) + 1 << 32
    for owner in range(workers - 1, -1, -1):  # the caller is here already
        count = _end_of_share(tasks, workers, owner) - _end_of_share(tasks, workers, owner - 1)
        _store(mailbox, SHARES + owner * _LINE, job + count)
    task = _claim(mailbox, 0)
    while task >= 0:
        _run_task(mailbox, 0, task)
        _finish_one(mailbox)
        task = _claim(mailbox, 0)
    looks = 0
    while _load(mailbox, DONE) < tasks:
        looks += 1
        if looks % _LOOKS == 0:
            _offer_processor()


@entry
def replay(shared, alone, launches):
    """Run launches one after the other: each row has FUNCTION, ARGUMENTS, how many tasks, and whether helpers share."""
    for i in range(len(launches)):
        mailbox = shared if launches[i, 3] else alone
        mailbox[FUNCTION], mailbox[ARGUMENTS] = launches[i, 0], launches[i, 1]
        run_tasks(mailbox, launches[i, 2])
    alone[RAN] += 1


@entry
def sweep(mailbox, launches, which):
    """Run task i of launch which[i], for every i in order and alone: each row of launches has FUNCTION, ARGUMENTS."""
    for i in range(len(which)):
        mailbox[FUNCTION], mailbox[ARGUMENTS] = launches[which[i], 0], launches[which[i], 1]
        _run_task(mailbox, 0, i)


@entry
def serve(mailbox, worker, patience):
    """Run tasks as they appear; return after `patience` looks in vain, or when asked to leave.

    It offers the processor as it waits: on a busy machine it may well sit on the very one that the caller needs.
    """
    looks = 0
    while looks < patience and _load(mailbox, OPEN):
        task = _claim(mailbox, worker)
        if task >= 0:
            _run_task(mailbox, worker, task)
            _finish_one(mailbox)
            looks = 0
        else:
            looks += 1
            if looks % _LOOKS == 0:
                _offer_processor()
