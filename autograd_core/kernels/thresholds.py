"""All sizes that decide something: whether a kernel computes or numpy, whether threads share it, and in what pieces.

Which loop runs depends on sizes alone, never on what is loaded already (docs/decisions.md), and so does the order in
which a sum is taken, never on the number of threads. Only in a plan, where a launch costs nothing, kernels compute
sooner, so that compiled steps round otherwise. Here to be compared; measured where no other reason is given.
"""

# When a kernel computes: from so many elements on.

# One pass with several threads beats numpy's loops one after the other.
LONG = 1 << 11
# The same where numpy would need several loops, as for a sigmoid.
LONG_FOR_SEVERAL = 1 << 8
# numpy adds up and finds extremes in vectors as well; what it lacks is threads.
LONG_FOR_REDUCTION = 1 << 14
# numpy's order compares entries two at a time; a kernel counts digits, which takes a table for each row.
LONG_FOR_SORTING, LONG_ROW_FOR_SORTING = 1 << 14, 1 << 8
# A dozen of numpy's loops for one of ours; but a toy should not have to load Numba.
LONG_FOR_LOSS = 64
# Some ten calls of numpy for one of ours; but for a few numbers nobody should have to load Numba.
LONG_FOR_UPDATE = 5

# When numpy's BLAS multiplies matrices.

# Up to so many multiplications it works on one thread, and compiles nothing; in plans they are ours, on one as well.
SMALL_PRODUCT = 1 << 18
# With AVX-512 it has kernels for one thread and larger products, unless b is transposed.
SMALL_PRODUCT_AVX512 = 10**6
# With fewer columns than this, packing costs more than the BLAS needs for all.
THIN = 8

# When threads share a launch: below so many elementary operations, telling a second one costs more than it saves.
SEQUENTIAL_WORK = 1 << 16
# What an exponential costs, in elementary operations: so much sooner a second thread pays.
EXPONENTIAL = 4

# When results go to memory that is kept, in bytes: kernels' own, since numpy's allocator keeps smaller ones at hand;
# and those of numpy's functions, since smaller ones are in the heap, and asking would take longer.
LARGE, LARGE_RESULT = 1 << 16, 1 << 18

# Entries in a task, about: long enough that claiming it, which costs as much as tens of entries, does not show, and
# short enough that threads finish together.
ELEMENTWISE_TASK = 1 << 14
UPDATE_TASK = 1 << 13  # of each of its arrays
REDUCTION_TASK = 1 << 14
NORMALISATION_TASK = 1 << 14
MATVEC_TASK = 1 << 15  # of the matrix
CUMULATIVE_TASK = 1 << 13
POOLING_TASK = 1 << 12  # where planes are smaller
SORTING_TASK = 1 << 12
SOFTMAX_TASK = 1 << 12  # 16 kB of exponentials, half of a first-level cache
# Columns in a task, where rows are walked side by side: some cache lines of each row, so that none is read in vain.
REDUCTION_COLUMNS, REDUCTION_ROWS = 1 << 10, 1 << 6  # and rows at least
CUMULATIVE_COLUMNS = 1 << 8
NORMALISATION_COLUMNS = 1 << 7
SCATTER_LINES = 8  # cache lines of a row
MATVEC_RUN = 1 << 10  # of one column; it stays in the first-level cache while columns are added to it

# Sums taken apart, at most, and then added up.
PARTS = 32
MATVEC_PARTS = 16
# The gradient to a convolution's weights: parts, and entries in all of them.
CONVOLUTION_PARTS, CONVOLUTION_PARTS_ENTRIES = 16, 1 << 21
# Entries that are summed up in their own dtype, before float64 takes over: the error stays that of a few additions.
PIECE = 1 << 11
# Neighbours that are too few to be summed up by themselves.
SHORT_RUN = 32

# Blocks of matrix products and convolutions, by the caches that they stay in.

# Entries of k in a packed panel. A strip of B then overflows a first-level cache of 32 kB a little: measured best.
DEPTH = 384
# Rows of a mini-batch that go through the steps of a recurrent cell together, at most.
RECURRENT_ROWS = 64
# The largest task. Its rows of A, packed, take three quarters of a second-level cache of a megabyte.
TASK_ROWS, TASK_COLUMNS = 512, 1024
# Cycles to pack an entry of an operand, about, and to claim a task and begin it.
PACKING_FOR_PRODUCT, TASK_CYCLES = 0.4, 1000
# Taps for which a strip of weights stays in the first-level cache while positions pass by.
TAPS = 160
# Entries of one image's lattice in a task, where rows can be divided: it should stay in a second-level cache.
LATTICE = 1 << 17
# Entries of an image that is read tap by tap where it is: fetched so, not from front to back, larger ones take longer
# than a copy.
IN_PLACE = 1 << 15
# Positions that a task has at least, several small images together if need be.
POSITIONS = 512
# Entries of transposed images, and of results for them, in a task: some second-level caches full, for both are read and
# written from front to back; and for the gradient to the weights, which goes through them again and again.
IMAGE_LANES, IMAGE_LANES_OF_WEIGHTS = 1 << 19, 1 << 17
# Cycles to move an entry, about: onto a lattice, and to and from the lanes of images.
COPYING, PACKING, UNPACKING = 0.65, 0.75, 0.5
# The same in Winograd's algorithm: onto lanes, by way of a copy with borders, and from them; and cycles to transform a
# vector of pixels or products, and an entry of the filters.
WINOGRAD_PACKING, WINOGRAD_UNPACKING, WINOGRAD_TRANSFORM, WINOGRAD_FILTERS = 1.5, 1.3, 8.0, 3.0
# Its gradient to filters: channels and outputs in a task, at most; entries of transformed pixels, which should stay in
# the second-level cache with the sums; and tiles that should be added to the sums together, at least.
WINOGRAD_CHANNELS, WINOGRAD_PLANES, WINOGRAD_TILES = 64, 1 << 17, 32
# Taps in a task that adds up the parts of the gradient to weights.
TAPS_TO_ADD = 32
