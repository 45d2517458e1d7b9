"""Parts of kernels: functions that only compiled code calls, compiled with each kernel that calls them.

Numba makes every function ready to run by itself, that is, optimised, turned into machine code and wrapped for Python;
whoever calls it from compiled code takes in what was optimised and does all that again. Nobody runs a part by itself.
So a part is only translated to LLVM's language and waits to be linked into its callers: LLVM sees each kernel once, as
a whole. Nothing of a part is kept on disk either, for the kernels there contain theirs.
"""

import numba
from llvmlite import binding
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler
from numba.core.compiler_machinery import register_pass
from numba.core.typed_passes import NativeLowering


class _PartLibrary(JITCodeLibrary):
    """The code of a part and of the parts that it calls, linked but as it was written."""

    def add_llvm_module(self, module: binding.ModuleRef) -> None:
        module.data_layout = self._codegen._data_layout
        self._final_module.link_in(module)

    def finalize(self) -> None:
        self._raise_if_finalized()
        for library in dict.fromkeys(self._linking_libraries):
            self._final_module.link_in(library._get_module_for_linking(), preserve=True)
        self._finalized = True


@register_pass(mutates_CFG=True, analysis_only=False)
class _PartLowering(NativeLowering):
    """Numba's translation to LLVM's language, without what follows it."""

    _name = "lowering of a part"

    def run_pass(self, state):
        state.library = _PartLibrary(state.targetctx.codegen(), state.func_id.func_qualname)
        state.flags.no_compile = True
        super().run_pass(state)
        name = state.func_id.func_qualname

        def refuse(*arguments):
            raise TypeError(f"{name} is a part of kernels: Python cannot call it, as it can what `entry` makes")

        # Compiled callers find a function by what Python would call.
        state.targetctx.insert_user_function(refuse, state["cr"].fndesc, [state.library])
        state["cr"] = state["cr"]._replace(cfunc=refuse)
        return True


class _PartCompiler(Compiler):
    def define_pipelines(self):
        managers = super().define_pipelines()
        for manager in managers:
            manager.passes = [
                (_PartLowering if done is NativeLowering else done, description) for done, description in manager.passes
            ]
            manager.finalize()
        return managers


def part(function, **options):
    """Make a part of `function`, with these options of `numba.njit`."""
    made = numba.njit(function, no_cpython_wrapper=True, pipeline_class=_PartCompiler, **options)
    # Without telling Numba's dispatcher in C, which takes all that it is told for machine code.
    made.add_overload = lambda result: made.overloads.update({tuple(result.signature.args): result})
    return made
