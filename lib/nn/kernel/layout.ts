/**
 * What the TypeScript side and the kernel agree on: read as TypeScript by lib/nn, and compiled into the kernel by
 * AssemblyScript. Plain numbers only, so that both understand it.
 */

/** Sequences of one shard: the unit of parallel work, and of the order in which gradients are added. */
export const SHARD = 8;

// Control block, at address 0: byte offsets of 32-bit integers.
/** Shards of the running job that nobody has claimed; negative once all are. */
export const REMAINING = 0;
/** Counts jobs; workers sleep on it. */
export const SIGNAL = 4;
/** Shards of the running job that are done; the caller sleeps on it. */
export const DONE = 8;
/** Shards of the running job. */
export const SHARDS = 12;
/** 1: workers end. */
export const STOP = 16;
/** 1: a worker has trapped, and its shard will never be done. */
export const FAILED = 20;
/** One of the MODE_ constants. */
export const MODE = 24;
/** Address and number of the operations. */
export const PROGRAM = 28;
export const OPERATIONS = 32;
/** Sequences of the job. */
export const SEQUENCES = 36;
/** Address of the input rows; address of the first row number of each sequence. */
export const INPUT_ROWS = 40;
export const INPUT_STARTS = 44;
export const TARGET_ROWS = 48;
export const TARGET_STARTS = 52;
/** Address, or 0 without a mask. */
export const TARGET_MASK = 56;
/** Address of one float per sequence. */
export const SAMPLE_WEIGHTS = 60;
/** Address of sequences × steps × width floats, of a job that predicts. */
export const OUTPUT = 64;
/** Address and byte length of the shards' gradients. */
export const GRADIENTS = 68;
export const GRADIENT_BYTES = 72;
/** Address of one double per shard. */
export const LOSSES = 76;
export const DROPOUT_SEED = 80;
/** Address and byte length of the threads' workspaces. */
export const WORKSPACES = 84;
export const WORKSPACE_BYTES = 88;
/** A float: 1 / measured target elements. */
export const LOSS_SCALE = 92;
export const FEATURES = 96;
export const STEPS = 100;
/** Address of the sequences' input gradients, or 0 where nobody asks. */
export const INPUT_GRADIENTS = 104;
export const CONTROL_BYTES = 128;
/** The control block, then the kernel's constants: what TypeScript allocates lies above. */
export const RESERVED_BYTES = 8192;

export const MODE_PREDICT = 0;
export const MODE_EVALUATE = 1;
export const MODE_GRADIENT = 2;
/** The targets are the gradient of somebody else's loss by the output. */
export const MODE_PULL_BACK = 3;

// An operation is OPERATION_BYTES long: 32-bit integers at the byte offsets below. "Tensor" offsets are in bytes from
// the thread's workspace, "gradient" offsets from the shard's gradient; the others are addresses.
export const OPERATION_BYTES = 128;
export const KIND = 0;
/** Tensors: time, sequence, column; input and output, and their gradients. */
export const IN = 4;
export const IN_GRADIENT = 8;
export const OUT = 12;
export const OUT_GRADIENT = 16;
/** Physical columns of input and output. */
export const IN_WIDTH = 20;
export const OUT_WIDTH = 24;
export const OP_STEPS = 28;
/** A set of FLAG_ bits. */
export const FLAGS = 32;
/** Packed weights by which the input, and the last hidden state, are multiplied; and their transposes. */
export const PACKED_IN = 36;
export const PACKED_HIDDEN = 40;
export const PACKED_IN_BACK = 44;
export const PACKED_HIDDEN_BACK = 48;
export const BIAS = 52;
export const WEIGHT_GRADIENT = 56;
export const BIAS_GRADIENT = 60;
/** Tensors of an LSTM: gates, cell, tanh of the cell, hidden state. Of attention: tanh; shares; score gradients. */
export const GATES = 64;
export const CELL = 68;
export const CELL_TANH = 72;
export const HIDDEN = 76;
/** Physical units of an LSTM. */
export const UNITS = 80;
/** First output column of an LSTM. */
export const OUT_COLUMN = 84;
/** Columns that carry something, of a dense layer's output. */
export const LOGICAL = 88;
/** Attention's scorer: address and gradient. */
export const SCORER = 92;
export const SCORER_GRADIENT = 96;
/** Dropout: an element is dropped where its 32 random bits are below the threshold. A float, and a number of its own. */
export const THRESHOLD = 100;
export const KEEP_SCALE = 104;
export const STREAM = 108;
/** Scratch tensors: what fits the operation's largest need. */
export const SCRATCH = 112;
export const SCRATCH_PANEL = 116;
/** Leading columns of the input that are not padding. */
export const IN_DEPTH = 120;
/** Tensor of the first LSTM: the job's rows, projected once for all the sequences that they are in. */
export const SHARED = 124;

export const KIND_GATHER = 0;
export const KIND_LSTM = 1;
export const KIND_DROPOUT = 2;
export const KIND_ATTENTION = 3;
export const KIND_DENSE = 4;
export const KIND_LOSS = 5;

/** An LSTM that reads from the last step to the first. */
export const FLAG_REVERSE = 1;
/** All steps are the output; else the last one that was read. */
export const FLAG_SEQUENCES = 2;
/** The input has one step, the same for all. */
export const FLAG_CONSTANT = 4;
/** The backward pass will come. */
export const FLAG_KEEP = 8;
/** Somebody needs the input's gradient. */
export const FLAG_IN_GRADIENT = 16;
/** Add to the input's gradient: another operation has read the same input. */
export const FLAG_ADD_IN_GRADIENT = 32;
/** The hidden states are copied to the output; else they are it. */
export const FLAG_COPY_OUT = 64;
/** The input is the job's rows, shared where sequences overlap. */
export const FLAG_FIRST = 128;
export const FLAG_SIGMOID = 256;
/** Cross-entropy; the sigmoid's own slope cancels. */
export const FLAG_CROSS_ENTROPY = 512;

/** Rows of a gradient product that are packed at a time. A multiple of 8. */
export const PACK_ROWS = 512;
/** Sequences share their rows' projection where those under one shard are at most so many sequences long. */
export const SHARED_LENGTHS = 4;
/** Steps whose input is projected at a time. */
export const CHUNK_STEPS = 8;

// One matrix to pack: address of the source (rows × stride floats), rows, columns, address of the panels, transposed.
export const PACKING_BYTES = 32;
export const PACK_SOURCE = 0;
export const PACK_STRIDE = 4;
export const PACK_DEPTH = 8;
export const PACK_COLUMNS = 12;
export const PACK_TARGET = 16;
export const PACK_TRANSPOSED = 20;
