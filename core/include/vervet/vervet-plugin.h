/* vervet-plugin.h - the plugin interface of Vervet, version 1 (a draft while VV_ABI_DRAFT is not 0).
 *
 * A plugin is a shared object with one exported function, vervet_plugin_v1(), which returns a constant description of
 * the components in it: models, samplers, judges, verifiers, benchmarks. This header is all that an author needs. It
 * compiles as C11 and as C++17, includes nothing but the C standard's own headers, and a plugin links nothing of ours:
 *
 *     cc -std=c11 -fPIC -shared -fvisibility=hidden -Wl,-z,defs my.c -o my.so $(pkg-config --cflags vervet-plugin-1)
 *
 * The rules. They hold everywhere; what is said beside a field adds to them.
 *
 * Memory     Nobody ever frees what the other side has allocated. What a call is given is borrowed for that call. Four
 *            things live longer: a request until release() or until run() returns; a task and every outcome told, with
 *            all they point to, until end() (a sampler keeps pointers, it does not copy); the descriptor for ever; the
 *            host table until unload() has returned. Whatever is handed to a callback of vv_moves or vv_reply is copied
 *            before it returns. Strings and arrays that a plugin puts into an out-structure stay the plugin's and must
 *            stand until its next call on that instance (of a CONCURRENT component: until that thread's next call).
 * Structures Out-structures come zeroed by the host with struct_size set: fill in what you know and leave struct_size
 *            alone. In a structure that you hand over you set struct_size to sizeof. Zero means "unset" in every field
 *            for which nothing else is said; so { .struct_size = sizeof x } is always a valid start. A double of which
 *            0 is a true value uses NaN for "none", and says so.
 * Text       vv_str carries a length and may hold NULs; const char * ends in NUL. Text is UTF-8. Texts from models are
 *            hostile: of any length, with any bytes a decoder lets through. Text that you hand over and that is not
 *            UTF-8 is mended by the host with U+FFFD.
 * Threads    load, create, destroy and unload of one plugin are called one at a time. The methods of one instance are
 *            called one at a time, unless the component says VV_CAP_CONCURRENT. Runs of one program instance may
 *            interleave, but without CONCURRENT they do not overlap. vv_model_iface.cancel, vv_reply.stopped and
 *            everything in vv_host may be called on any thread. Nothing may be called from a signal handler.
 * Blocking   Model run(), verifier verify(), describe(), probe(), load(), create() and benchmarks may block. submit(),
 *            cancel(), encode(), decode(), begin(), ask(), tell() and end() may not; an ask() or tell() that computes
 *            for more than about 10 ms says VV_CAP_HEAVY and is then given a thread of its own.
 * Errors     A function returns a vv_status. Below 0 it failed: write one sentence into err->message that tells a user
 *            what is wrong and what to do. A negative number the host does not know counts as VV_E_FAILED, a positive
 *            one as VV_OK. An error of a verifier means "not judged" and is tried again; it never means "wrong". A
 *            failing ask() or tell() ends its trial as failed. Out-structures of a failed call are not read.
 * Conduct    A plugin does not print on standard output, install signal handlers, fork without exec, call exit() or
 *            abort(), or change the locale, the current folder, the environment or the umask. It never asks for input.
 * Repeating  A program's moves are a function of its task and of what it was told, nothing else: no clock, no global
 *            counter, no random numbers but vv_mix() over the task's seed. Ask once after begin() and once after every
 *            tell(). At a point where several outcomes are in, sort them by id before deciding: then the result does
 *            not depend on the order of arrival at all. A run that was killed is continued by telling again what is
 *            stored; a program that keeps these rules does not notice.
 * Growth     Fields, operations, kinds, flags and status codes are appended, never renumbered, and a new field never
 *            lies in padding (there is none). Structures marked "frozen" never grow, since they travel in arrays;
 *            options and roles travel with a stride and may grow. Read optional fields and callbacks through VV_HAS.
 *            Ignore flags that you do not know. A plugin sets `abi` to the oldest version it can live with. A change
 *            that cannot be made so gets a new entry symbol beside the old one, which stays for two majors.
 */
/* clang-format off */
#ifndef VERVET_PLUGIN_H
#define VERVET_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Equal major, and a minor not above the host's: the plugin is accepted. */
#define VV_ABI_MAJOR 1u
#define VV_ABI_MINOR 0u
#define VV_ABI ((VV_ABI_MAJOR << 16) | VV_ABI_MINOR)
/* While this is not 0 the interface is a draft: a host loads only plugins built against the same draft number. */
#define VV_ABI_DRAFT 1u

/* Is field f there in the other side's (perhaps older, shorter) structure of type T, and is it set? */
#define VV_HAS(T, p, f) ((p)->struct_size >= offsetof (T, f) + sizeof ((p)->f) && (p)->f)

/* 0: done. Above 0: done, with news. Below 0: failed. */
typedef int32_t vv_status;
enum {
  VV_OK = 0,
  VV_FINISHED = 1,        /* ask(): the trial is over. decode(): the response is complete */
  VV_PARTIAL = 2,         /* vv_outcome.status: text so far, the final outcome of this id still comes */
  VV_E_FAILED = -1,       /* anything else; tried again, since it may pass */
  VV_E_CANCELLED = -2,    /* somebody asked for it */
  VV_E_INVALID = -3,      /* what was asked makes no sense (a bad option, an unknown field): not tried again */
  VV_E_UNSUPPORTED = -4,  /* sensible, but not by this component: not tried again */
  VV_E_UNAVAILABLE = -5,  /* something is missing on this machine or is not reachable now */
  VV_E_AUTH = -6,         /* key missing or refused: the run pauses */
  VV_E_RATE_LIMIT = -7,   /* too fast; err->retry_after_ms if the other side named a time */
  VV_E_TIMEOUT = -8,      /* took longer than it was allowed to */
  VV_E_NOMEM = -9,
  VV_E_BUDGET = -10,      /* the other side's quota is spent */
  VV_E_CONTEXT = -11      /* prompt longer than the model's window: not tried again */
};

/* Where a failing call leaves its sentence. Given by the host, zeroed, never NULL. */
typedef struct vv_error {
  uint32_t struct_size;
  int32_t retry_after_ms;  /* milliseconds to wait; 0: the host decides; below 0: do not try again */
  char message[504];       /* UTF-8, ends in NUL: cut it if it is longer. One sentence, no line end, no secrets */
} vv_error;

/* `len` bytes at `ptr`; ptr may be NULL when len is 0. The host ends every vv_str it hands out with a NUL that is not
 * counted in len; a plugin need not. Frozen. */
typedef struct vv_str {
  const char *ptr;
  size_t len;
} vv_str;

/* ---- 1. Options and roles: what a user may set, what an experiment must bind ----------------------------------------
 * Constant tables. The command line, --help, the check of experiment files, JSON schemas and the forms of the dashboard
 * are all made from them. */

enum {
  VV_T_BOOL = 1,  /* v.i 0 or 1.           def: "true", "false" */
  VV_T_INT,       /* v.i.                  def: "64", "-1" */
  VV_T_FLOAT,     /* v.f, finite.          def: "0.8", "1e-6" */
  VV_T_STRING,    /* v.s, ends in NUL, holds none */
  VV_T_ENUM,      /* v.i, its place in choices, from 0.  def: one of them */
  VV_T_PATH,      /* v.s, absolute, ends in NUL; need not exist. A relative one counts from the experiment's folder */
  VV_T_SECRET,    /* v.s. Never stored, logged or shown.  def: "${NAME}" reads an environment variable, or NULL */
  VV_T_JSON       /* v.s, one JSON value on one line */
};
enum {
  VV_OPT_REQUIRED = 1u << 0,    /* the user must give a value where def is NULL */
  VV_OPT_ADVANCED = 1u << 1,    /* shown last, folded away */
  VV_OPT_DEPRECATED = 1u << 2,  /* still read, no longer shown; help says what to use */
  VV_OPT_NEUTRAL = 1u << 3      /* cannot change results (a cache size): left out of a run's fingerprint */
};
typedef struct vv_option {
  uint32_t type;               /* VV_T_* */
  uint32_t flags;              /* VV_OPT_* */
  const char *name;            /* kebab-case: "max-tokens"; unique in the table; not "use" */
  const char *label;           /* two or three words for a form. NULL: the name */
  const char *help;            /* one sentence, with a full stop: what it does, not what it is */
  const char *unit;            /* "tokens", "s", "MiB"; or NULL */
  const char *group;           /* heading in a form; or NULL */
  const char *def;             /* the default as text, checked like a user's value. NULL: none */
  double min, max;             /* INT, FLOAT: hard range, inclusive; counts only if min < max; +-INFINITY: open end */
  double ui_min, ui_max;       /* range of a slider; counts only if ui_min < ui_max */
  double ui_step;              /* its step; 0: the form decides */
  const char *const *choices;  /* ENUM: NULL-terminated, at least one; else NULL */
} vv_option;

/* The value of one option. create() gets an array in the order of the table, as long as the table; everything in it is
 * checked against the table. Borrowed for the call. Frozen. */
typedef struct vv_value {
  uint32_t type;    /* of the option */
  uint32_t is_set;  /* 0: neither given nor defaulted; v is then zero */
  union {
    int64_t i;      /* BOOL, INT, ENUM */
    double f;       /* FLOAT */
    vv_str s;       /* STRING, PATH, SECRET, JSON: ends in NUL */
  } v;
} vv_value;

enum {
  VV_ROLE_OPTIONAL = 1u << 0,  /* may stay unbound; a step that names it is then refused */
  VV_ROLE_MANY = 1u << 1       /* any number of bindings: "model.a", "model.b" ... */
};
/* A helper that a sampler or judge calls by name: an experiment binds it to whatever can do its operations. */
typedef struct vv_role {
  const char *name;  /* kebab-case: "model", "draft", "judge", "reward", "prm", "embedder", "retriever", "tests" */
  const char *help;  /* what it is used for: "scores each step" */
  uint32_t ops;      /* what it must be able to do: bits 1u << VV_OP_x, at least one */
  uint32_t flags;    /* VV_ROLE_* */
} vv_role;

/* ---- 2. Content -------------------------------------------------------------------------------------------------- */

enum {
  VV_PART_TEXT = 1,
  VV_PART_IMAGE,
  VV_PART_AUDIO,
  VV_PART_FILE,
  VV_PART_TOOL_CALL,    /* name: of the tool; data: its arguments as JSON */
  VV_PART_TOOL_RESULT,  /* name: the id of the call; data: the result */
  VV_PART_REASONING     /* thinking that came before the text */
};
typedef struct vv_part {  /* frozen */
  uint32_t kind;     /* VV_PART_* */
  uint32_t flags;    /* none yet: 0 */
  const char *mime;  /* "image/png"; NULL for text */
  vv_str name;       /* tool name or call id; file name; empty else */
  vv_str data;       /* text, bytes, or JSON */
} vv_part;

typedef struct vv_message {  /* frozen */
  const char *role;      /* "system", "user", "assistant" or "tool" */
  const vv_part *parts;
  size_t n_parts;        /* 0: the message is `text` alone */
  vv_str text;
} vv_message;

typedef struct vv_field {  /* frozen */
  const char *name;
  vv_str text;
} vv_field;

/* One item of a benchmark. In a sampler's or judge's task it stands until end(); in verify() for the call. */
typedef struct vv_problem {
  uint32_t struct_size;
  uint32_t n_messages;
  uint32_t n_fields;
  uint32_t flags;              /* none yet: 0 */
  uint64_t uid;                /* host fills. Equal numbers in one process: the same problem (a key for your caches) */
  const char *id;              /* stable key in the benchmark, never NULL: "test/17" */
  const char *group;           /* shared context or passage; or NULL */
  const vv_message *messages;  /* the default prompt, few-shot examples included */
  const vv_field *fields;      /* public columns: "question", "starter_code", "level" ... */
  vv_str reference;            /* gold answer or hidden tests. Always empty for samplers and what they call */
} vv_problem;

/* ---- 3. Requests and choices: one vocabulary for models, samplers and judges ------------------------------------- */

enum {
  VV_OP_GENERATE = 1,  /* messages -> n texts */
  VV_OP_SCORE,         /* messages, texts -> one verdict a text */
  VV_OP_LOGPROB,       /* messages, texts -> logprob_sum of each continuation, in n_texts choices */
  VV_OP_EMBED,         /* texts -> a vector each, in n_texts choices */
  VV_OP_RETRIEVE,      /* texts[0]: the query -> n hits */
  VV_OP_ENV            /* texts[0]: the action; no text: reset -> observation, reward, done */
};
enum {
  VV_RAW = 1u << 0,        /* messages[0].text is the whole prompt: apply no chat template */
  VV_CONTINUE = 1u << 1,   /* the last message is an assistant's: go on with it (needs VV_CAN_PREFILL) */
  VV_KEEP_STOP = 1u << 2,  /* the stop string that matched stays at the end of the text */
  VV_GREEDY = 1u << 3,     /* temperature 0, as a field of 0 means "inherit" */
  VV_STEPS = 1u << 4,      /* SCORE: texts are the steps of one answer in order; one verdict with n_texts step_scores */
  VV_EXTRACT = 1u << 5     /* SCORE by a verifier: find the answer or run the program, compare with nothing */
};
/* Made by a program in vv_step (copied), given by the host to a model. Immutable; valid until release() or until run()
 * returns. A program leaves the fields marked "host" 0. */
typedef struct vv_request {
  uint32_t struct_size;
  uint32_t op;                 /* VV_OP_* */
  uint32_t flags;              /* VV_RAW ... */
  uint32_t n;                  /* choices wanted; 0 counts as 1 */
  uint32_t max_tokens;         /* of output, for each choice; 0: inherit from the binding */
  uint32_t top_logprobs;       /* alternatives at each position; 0: none, and no tokens are asked for */
  uint32_t n_messages;
  uint32_t n_texts;
  uint32_t n_stop;
  uint32_t top_k;              /* 0: inherit */
  uint32_t timeout_ms;         /* 0: inherit */
  uint32_t n_params;
  double temperature;          /* 0: inherit; VV_GREEDY says 0 */
  double top_p, min_p;         /* 0: inherit */
  uint64_t seed;               /* host. Choice i uses seed + i; fits 31 bits */
  uint64_t uid;                /* host. Names this request in the process */
  uint64_t prefix_uid;         /* host. An earlier request whose prompt and output begin this prompt: a hint for a KV
                                * cache, never a promise; 0: none */
  const vv_message *messages;
  const vv_str *texts;         /* SCORE: candidates or steps. LOGPROB: continuations. EMBED: inputs. RETRIEVE: the query
                                * (n: how many hits). ENV: the action, none: reset; the state is that of the nearest ENV
                                * ancestor of the step */
  const vv_str *stop;          /* end the text at the first of these */
  const vv_field *params;      /* anything else, as JSON values: "reasoning_effort", "guided_json" ... */
  vv_str tools;                /* JSON array of tool schemas; or empty */
  vv_str reference;            /* SCORE: compare with this instead of the gold, as another answer; or empty */
  uint64_t draw;               /* host. How many times the run has drawn from this very prompt before; choice i is draw
                                * + i. The trial number of a one-call sampler. A recorded pool answers draw i with its
                                * sample i; a real model must not look at it */
} vv_request;

enum {
  VV_FIN_EOS = 1,      /* the model ended by itself */
  VV_FIN_STOP,         /* a stop string matched */
  VV_FIN_EOS_OR_STOP,  /* one of the two, and the server does not say which */
  VV_FIN_LENGTH,       /* max_tokens or the window is full: an answer, though cut */
  VV_FIN_TOOL,         /* it wants a tool: tool_calls */
  VV_FIN_FILTER,       /* withheld by a content filter: not an answer */
  VV_FIN_CANCELLED     /* stopped by us; text and usage as far as it came */
};
enum {
  VV_USE_ESTIMATED = 1u << 0,    /* counted by us, not told by the server */
  VV_USE_INPUT_SHARED = 1u << 1  /* input and cached count the whole call, not this choice: book them once */
};
typedef struct vv_usage {  /* frozen */
  uint64_t input;          /* prompt tokens, cached ones included */
  uint64_t cached;         /* of them read from a cache */
  uint64_t output;         /* generated tokens, reasoning included */
  uint64_t reasoning;      /* of them reasoning */
  double money;            /* US dollars; NaN: to be worked out from the price table; 0: free */
  uint32_t flags;          /* VV_USE_* */
  uint32_t verifier_runs;  /* SCORE, ENV: programs run or proofs tried */
} vv_usage;

typedef struct vv_token {  /* frozen */
  vv_str text;                 /* its bytes; perhaps a part of a character */
  double logprob;              /* natural logarithm, <= 0; NaN: not known */
  int32_t id;                  /* in the model's vocabulary; -1: not known */
  uint32_t n_top;
  const struct vv_token *top;  /* the likeliest alternatives, likeliest first; their own top is NULL */
} vv_token;

typedef struct vv_hit {  /* frozen */
  vv_str id, text;
  double score;  /* higher is nearer; NaN: none */
} vv_hit;

enum {
  VV_PASS = 1,
  VV_FAIL,
  VV_SCORED,        /* a score and no threshold */
  VV_UNDECIDED,     /* looked at and not decided (too hard, nothing to compare with). Not a fail */
  VV_NO_ANSWER,     /* the text holds no answer. Counts as wrong, and is told apart */
  VV_BAD_REFERENCE  /* the gold answer itself cannot be read: the problem is left out, loudly */
};
typedef struct vv_metric {  /* frozen */
  const char *name;  /* kebab-case: "legal-moves", "max-rss" */
  double value;
} vv_metric;

/* What a verifier, judge or reward model says of one text. Frozen. */
typedef struct vv_verdict {
  int32_t status;             /* VV_PASS ..., never 0 */
  int32_t answer_class;       /* host fills, for samplers: equal answers of a trial share a number; -1: no answer */
  double score;               /* higher is better; PASS 1 and FAIL 0 unless there is a finer measure; NaN: none */
  const char *reason;         /* short code for tables: "interval", "timeout-cpu", "test 3"; or NULL */
  vv_str answer;              /* what the text answers, in canonical form: "1/2" for 0.50 and \frac12. Equal strings are
                               * one class: votes count them, and a cache judges them once. Two answers that verify()
                               * holds equal should get equal strings; where no canonical form exists give the text
                               * itself and VV_CAP_EQUALITY. VV_EXTRACT: the program's output. Empty: none */
  vv_str detail;              /* for a person: compiler output, the first test that failed, an explanation */
  const double *step_scores;  /* VV_STEPS: one a step; NaN: none */
  size_t n_steps;
  const vv_metric *metrics;   /* charted, never compared */
  size_t n_metrics;
} vv_verdict;

/* One answer to a request. The model sets struct_size, index and what the operation asks for. */
typedef struct vv_choice {
  uint32_t struct_size;
  uint32_t index;                 /* from 0, below n (LOGPROB, EMBED: below n_texts) */
  int32_t finish;                 /* VV_FIN_*; 0 where no text was generated */
  uint32_t n_tokens;              /* entries of tokens; 0 when they were not asked for */
  vv_str text;                    /* GENERATE: without the prompt and, unless VV_KEEP_STOP, without the stop string */
  vv_str reasoning;               /* thinking the server gave apart from the text; or empty */
  vv_str tool_calls;              /* JSON array as of the chat API; or empty */
  const vv_token *tokens;
  double logprob_sum;             /* of all output tokens, or of the continuation; NaN: not asked or not known */
  const float *vector;            /* EMBED */
  size_t n_vector;                /* its dimension */
  const vv_hit *hits;             /* RETRIEVE, best first */
  size_t n_hits;
  const vv_verdict *verdicts;     /* SCORE: one a text in their order; with VV_STEPS one in all */
  size_t n_verdicts;
  const vv_message *observation;  /* ENV */
  size_t n_observation;
  double reward;                  /* ENV: of this step; NaN: none */
  int64_t done;                   /* ENV: not 0 when the episode is over */
  vv_str tools;                   /* ENV: JSON array of the tools allowed now; or empty */
  vv_usage usage;
} vv_choice;

/* ---- 4. Host services: valid from load() to the end of unload(); any thread; none blocks ------------------------- */

typedef struct vv_host {
  uint32_t struct_size;
  uint32_t abi;  /* VV_ABI of the host */
  void *ctx;     /* first argument of each */
  void (*log) (void *ctx, uint32_t level, const char *msg);  /* 0 debug, 1 info, 2 warning, 3 error; msg is copied */
  int64_t (*now_ns) (void *ctx);                             /* monotonic; not for programs' decisions */
  /* Copies the value of environment variable `name` with its NUL into buf. UNAVAILABLE: not set. INVALID: cap too
   * small. Wipe the buffer when done. */
  vv_status (*secret) (void *ctx, const char *name, char *buf, size_t cap);
  const void *(*extension) (void *ctx, const char *name);    /* "vervet.x/1": a table, or NULL: not offered */
} vv_host;

/* ---- 5. Model: answers requests -------------------------------------------------------------------------------------
 * Implement run (blocking; the host brings max_parallel threads), or submit, cancel and release (an engine with its own
 * loop), or, for a server behind HTTP, a codec. */

enum {
  VV_CAN_PREFILL = 1u << 0,    /* VV_CONTINUE */
  VV_CAN_N = 1u << 1,          /* n > 1 in one call */
  VV_CAN_SEED = 1u << 2,       /* equal seed and load: equal text */
  VV_CAN_LOGPROBS = 1u << 3,
  VV_CAN_KEEP_STOP = 1u << 4,
  VV_CAN_TELL_STOP = 1u << 5,  /* tells EOS from a stop string */
  VV_CAN_RAW = 1u << 6,
  VV_CAN_TOOLS = 1u << 7,
  VV_CAN_IMAGES = 1u << 8,
  VV_CAN_PROGRESS = 1u << 9,   /* calls progress while it generates */
  VV_CAN_CANCEL = 1u << 10,    /* stops soon after being told */
  VV_CAN_FORK_KV = 1u << 11    /* makes use of prefix_uid */
};
typedef struct vv_model_info {
  uint32_t struct_size;
  uint32_t ops;                /* what it can do: bits 1u << VV_OP_x */
  uint64_t can;                /* VV_CAN_* */
  uint32_t max_parallel;       /* calls at a time; 0: not known (the host then feels its way) */
  uint32_t max_n;              /* choices in one call; 0: not known */
  uint32_t max_stop;           /* stop strings; 0: not known */
  uint32_t context;            /* window in tokens; 0: not known */
  char name[128];              /* of the weights, as the maker writes it */
  char fingerprint[128];       /* hash of the weights or build of the server: a change begins a new epoch of the run */
  double params;               /* weights; for cost models, as the five below; 0: not known */
  double active_params;        /* of them used for a token */
  uint32_t n_layer, n_head, n_kv_head, d_head;
} vv_model_info;

/* Where a model puts its answers. Every entry may be called on any thread, one call at a time for one reply; what is
 * handed over is copied. */
typedef struct vv_reply {
  uint32_t struct_size;
  uint32_t reserved;
  void *ctx;
  void (*choice) (void *ctx, const vv_choice *c);  /* exactly once for each index, in any order, also when cancelled */
  int32_t (*progress) (void *ctx, uint32_t index, vv_str delta, uint32_t n_tokens);  /* new text; not 0: stop it */
  int32_t (*stopped) (void *ctx, uint32_t index);  /* poll: not 0: stop. UINT32_MAX: asks whether all are to stop */
  void (*done) (void *ctx, vv_status status, const vv_error *err);  /* after submit() only: last, exactly once */
} vv_reply;

typedef struct vv_model_iface {
  uint32_t struct_size;
  uint32_t reserved;
  /* What this model is. May block (ask the server). Called before any request, and again at each start of a run. */
  vv_status (*describe) (void *self, vv_model_info *out, vv_error *err);
  /* Answers and returns. A failing call may have given some choices: they count. */
  vv_status (*run) (void *self, const vv_request *req, const vv_reply *reply, vv_error *err);
  /* Starts and returns at once. On success *job is set and reply gets its choices, then done, on any thread, perhaps
   * before this returns. On failure nothing follows and release() is not called. */
  vv_status (*submit) (void *self, const vv_request *req, const vv_reply *reply, void **job, vv_error *err);
  /* Any thread, returns at once, may be repeated. The choice still comes, as CANCELLED. UINT32_MAX: all of them. */
  void (*cancel) (void *self, void *job, uint32_t index);
  /* Once, after done; no cancel follows. */
  void (*release) (void *self, void *job);
} vv_model_iface;

/* One HTTP request. */
typedef struct vv_http {
  uint32_t struct_size;
  uint32_t n_headers;
  const char *method;       /* "POST"; NULL: POST with a body, else GET */
  const char *path;         /* whole URL: "https://api.example.org/v1/chat/completions" */
  const vv_field *headers;  /* a value may hold "${secret:NAME}", NAME a SECRET option: the plugin never sees the key */
  vv_str body;
} vv_http;

/* A model behind HTTP as pure functions: sockets, retries, time-outs, streaming and recording are the host's. */
typedef struct vv_codec_iface {
  uint32_t struct_size;
  uint32_t reserved;
  vv_status (*describe) (void *self, vv_model_info *out, vv_error *err);  /* does not block: what the API allows */
  vv_status (*encode) (void *self, const vv_request *req, vv_http *out, vv_error *err);
  /* The body, in one piece or as it streams in. *state starts NULL and is yours; free it on the call with last != 0,
   * which comes exactly once, also after an error or a cancellation (then with no bytes). http_status 0: no answer. */
  vv_status (*decode) (void *self, const vv_request *req, uint32_t http_status, vv_str bytes, uint32_t last,
                       void **state, const vv_reply *reply, vv_error *err);
} vv_codec_iface;

/* ---- 6. Verifier: judges one text by itself ---------------------------------------------------------------------- */

/* Lives in a worker process that may be killed at any moment (a time-out, memory). Pure: the same problem and text give
 * the same verdict, so the host caches and never asks twice. */
typedef struct vv_verifier_iface {
  uint32_t struct_size;
  uint32_t reserved;
  /* problem->reference empty: only extract (answer, status UNDECIDED or NO_ANSWER). May take as long as the run's limit
   * allows. out comes zeroed: set score to NAN where there is none. */
  vv_status (*verify) (void *self, const vv_problem *problem, vv_str text, vv_verdict *out, vv_error *err);
} vv_verifier_iface;

/* ---- 7. Program: a sampler (problem to candidates) or a judge (candidates to verdicts) ------------------------------
 * begin, then ask, then for every outcome tell and ask, until ask says FINISHED; then end. */

typedef struct vv_task {  /* valid until end() */
  uint32_t struct_size;
  uint32_t n_texts;
  const vv_problem *problem;
  const vv_str *texts;  /* judge: the candidates. Sampler: none */
  uint64_t seed;        /* of this trial; the only source of chance (vv_mix) */
  uint32_t trial;       /* number of the trial among those of its problem, from 0; for labels, not for decisions */
  uint32_t reserved;
} vv_task;

/* What is left to a trial. INFINITY: no limit. Frozen. */
typedef struct vv_budget {
  double calls;       /* choices */
  double input;       /* tokens */
  double output;      /* tokens */
  double sequential;  /* tokens one after the other, on the longest path */
  double money;       /* US dollars */
  double flops;
  double seconds;     /* of model time on the longest path, not by the clock */
} vv_budget;

enum {
  VV_TOGETHER = 1u << 0,  /* start all n choices at the same moment or wait (a race) */
  VV_JOIN = 1u << 1,      /* depends on everything told so far, not on parent alone */
  VV_ASIDE = 1u << 2      /* no part of an answer: a lookahead, a critique, a vote */
};
typedef struct vv_step {
  uint32_t struct_size;
  uint32_t flags;         /* VV_TOGETHER ... */
  uint32_t report_every;  /* output tokens between PARTIAL outcomes; 0: none */
  uint32_t reserved;
  uint64_t parent;        /* id of the outcome this grows from; 0: the root */
  uint64_t tag;           /* yours; comes back in the outcome */
  const char *role;       /* from the role table: "model", "prm", "model.a" */
  const char *label;      /* names the stage in the tree view: "draft", "fuse"; or NULL */
  const vv_request *request;
} vv_step;

typedef struct vv_outcome {  /* valid until end() */
  uint32_t struct_size;
  vv_status status;         /* below 0: the host has given up on it after n_tries; it stays missing */
  uint64_t id;              /* what step() returned, plus index */
  uint64_t tag;
  uint32_t index;           /* of the choice */
  uint32_t n_tries;
  const vv_choice *choice;  /* never NULL; empty after a failure, partial text when cancelled */
  const vv_error *error;    /* NULL when status >= 0 */
} vv_outcome;

typedef struct vv_candidate {
  uint32_t struct_size;
  uint32_t flags;   /* none yet: 0 */
  uint64_t node;    /* the outcome it ends with; 0: none */
  vv_str text;      /* empty: the text of node */
  double score;     /* the program's own, higher is better; NaN: none */
  double weight;    /* for weighted votes; 0 counts as 1 */
} vv_candidate;

/* What a program may do in ask(). Valid for the call; everything handed over is copied; nothing blocks. */
typedef struct vv_moves {
  uint32_t struct_size;
  uint32_t last;  /* not 0: the budget is spent, no step is taken, this is the last ask: answer and finish */
  void *ctx;
  const vv_budget *left;
  uint64_t (*step) (void *ctx, const vv_step *s);  /* first of n ids in a row; 0: refused (budget, unbound role) */
  void (*cancel) (void *ctx, uint64_t id);         /* its outcome still comes: CANCELLED, or the result if it was in */
  uint32_t (*candidate) (void *ctx, const vv_candidate *c);   /* sampler: an output of this trial; its number, from 0 */
  void (*answer) (void *ctx, uint32_t candidate);             /* sampler: its pick among them; optional */
  void (*vote) (void *ctx, uint32_t i, uint64_t node, const vv_verdict *v);  /* judge: one reading of texts[i] */
  void (*verdict) (void *ctx, uint32_t i, const vv_verdict *v);              /* judge: the last word, once for each */
  void (*note) (void *ctx, const char *key, double value);    /* a number stored with the trial: "accept-rate" */
} vv_moves;

typedef struct vv_program_iface {
  uint32_t struct_size;
  uint32_t reserved;
  vv_status (*begin) (void *self, const vv_task *task, void **run, vv_error *err);
  /* VV_OK: tell me more (something must be open then). VV_FINISHED: the trial is over, what is open is cancelled. */
  vv_status (*ask) (void *run, const vv_moves *moves, vv_error *err);
  /* Once for each choice of each step taken, and for each PARTIAL. */
  vv_status (*tell) (void *run, const vv_outcome *o, vv_error *err);
  void (*end) (void *run);  /* exactly once after a begin() that succeeded, whatever happened */
} vv_program_iface;

/* ---- 8. Benchmark, with an optional environment ------------------------------------------------------------------ */

typedef struct vv_benchmark_info {
  uint32_t struct_size;
  uint32_t reserved;
  const char *name, *version, *license, *source;  /* source: where the items come from, an URL or a citation */
  const char *verifier;                           /* id of the check that grades it by default; or NULL */
  const char *verifier_options;                   /* its options as a JSON object; or NULL */
} vv_benchmark_info;

typedef struct vv_benchmark_iface {
  uint32_t struct_size;
  uint32_t reserved;
  vv_status (*describe) (void *self, vv_benchmark_info *out, vv_error *err);
  int64_t (*count) (void *self);  /* below 0: unlimited (procedural) */
  /* Item i from 0, pure in i: asked in any order, and again. What out points to stands until the next call. */
  vv_status (*problem) (void *self, int64_t i, vv_problem *out, vv_error *err);
  /* All three or none; in a worker process. first, out: observation, reward, done, tools; until the next call on env.
   * Equal seed and actions should give equal observations: states are rebuilt by replaying. */
  vv_status (*env_open) (void *self, const vv_problem *p, uint64_t seed, void **env, vv_choice *first, vv_error *err);
  vv_status (*env_step) (void *env, vv_str action, vv_choice *out, vv_error *err);
  void (*env_close) (void *env);
} vv_benchmark_iface;

/* ---- 9. Descriptor: constant data, readable without running any other code of the plugin ------------------------- */

enum {
  VV_KIND_MODEL = 1,   /* vv_model_iface */
  VV_KIND_SAMPLER,     /* vv_program_iface */
  VV_KIND_VERIFIER,    /* vv_verifier_iface */
  VV_KIND_BENCHMARK,   /* vv_benchmark_iface */
  VV_KIND_JUDGE,       /* vv_program_iface */
  VV_KIND_CODEC,       /* vv_codec_iface; bound like a model */
  VV_KIND_ACCELERATOR  /* vv_accel_iface of vervet-accel.h; not frozen, in-tree only */
};
enum {
  VV_CAP_CONCURRENT = 1u << 0,     /* methods of one instance may overlap */
  VV_CAP_DETERMINISTIC = 1u << 1,  /* equal input and seed: equal result */
  VV_CAP_GPU = 1u << 2,            /* wants a GPU to itself */
  VV_CAP_NETWORK = 1u << 3,        /* opens connections of its own */
  VV_CAP_HEAVY = 1u << 4,          /* ask or tell may take over 10 ms */
  VV_CAP_ONE_CALL = 1u << 5,       /* sampler: a trial is one call and its candidate that choice; no tree is stored */
  VV_CAP_EQUALITY = 1u << 6,       /* verifier: the reference may be any candidate's answer */
  VV_CAP_SET_WISE = 1u << 7        /* judge: a verdict depends on the whole set and is never cached singly */
};
typedef struct vv_component {
  uint32_t struct_size;
  uint32_t kind;             /* VV_KIND_* */
  uint64_t caps;             /* VV_CAP_* */
  const char *id;            /* what a user types: kebab-case, dots allowed: "math", "acme.beam"; unique in its kind */
  const char *title;         /* a few words */
  const char *summary;       /* one sentence */
  uint32_t behaviour;        /* starts at 1; +1 when equal inputs may give other results: part of the fingerprint */
  uint32_t n_options;
  uint32_t option_stride;    /* sizeof (vv_option); 0 without options */
  uint32_t n_roles;
  uint32_t role_stride;      /* sizeof (vv_role); 0 without roles */
  uint32_t reserved;
  const vv_option *options;
  const vv_role *roles;      /* samplers and judges */
  const void *iface;         /* the structure of its kind */
  /* Can it run here? Optional; may block for a second or two. UNAVAILABLE with a sentence ("libcuda.so.1 not found"):
   * the component is listed with it and cannot be used. `plugin` is what load() gave, or NULL. Runs in a child. */
  vv_status (*probe) (void *plugin, vv_error *err);
  /* A new instance with n checked values. May block. `*self` may be anything, also NULL. */
  vv_status (*create) (void *plugin, const vv_value *values, uint32_t n, void **self, vv_error *err);
  void (*destroy) (void *self);  /* NULL-safe; nothing of the instance is in use */
} vv_component;

typedef struct vv_plugin {
  uint32_t struct_size;
  uint32_t abi;         /* the oldest host it accepts: VV_ABI */
  uint32_t draft;       /* VV_ABI_DRAFT */
  uint32_t reserved;
  const char *id;       /* unique in the world: "org.example.integer"; kebab-case, dots allowed */
  const char *version;  /* "1.2.0" */
  const char *title;
  const char *summary;
  const char *license;  /* SPDX: "MIT" */
  const char *url;      /* where it is kept up */
  const vv_component *const *components;  /* NULL-terminated, at least one */
  /* Once in a process before anything else, also in the scanning child. Optional. *plugin goes to probe and create. */
  vv_status (*load) (const vv_host *host, void **plugin, vv_error *err);
  void (*unload) (void *plugin);          /* optional; after the last destroy. The code stays mapped */
} vv_plugin;

/* The one exported symbol. Returns constant data: no allocation, no work. */
__attribute__ ((visibility ("default"))) const vv_plugin *vervet_plugin_v1 (void);

/* ---- 10. Help for authors: inline, no library -------------------------------------------------------------------- */

/* The text z without its NUL. */
static inline vv_str
vv_s (const char *z)
{
  vv_str s = { z, 0 };

  while (z && z[s.len])
    s.len++;
  return s;
}

/* A random number that depends on nothing but (a, b): vv_mix (task->seed, node). */
static inline uint64_t
vv_mix (uint64_t a, uint64_t b)
{
  uint64_t z = a + 0x9e3779b97f4a7c15u * (b + 1u);

  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

/* The whole descriptor of a plugin with one component and no load(). C only. Use at the end of the file. */
#define VV_PLUGIN_ONE(component_, id_, version_, license_, url_) \
  static const vv_component *const vv_components_[] = { &(component_), NULL }; \
  const vv_plugin * \
  vervet_plugin_v1 (void) \
  { \
    static const vv_plugin p = { \
      .struct_size = sizeof p, .abi = VV_ABI, .draft = VV_ABI_DRAFT, .id = id_, .version = version_, \
      .title = id_, .summary = id_, .license = license_, .url = url_, .components = vv_components_ \
    }; \
    return &p; \
  }

#ifdef __cplusplus
}
#endif

/* ---- Since ----------------------------------------------------------------------------------------------------------
 * | version | what came                                                                                     |
 * |---------|------------------------------------------------------------------------------------------------|
 * | 1.0     | everything above; draft 1 of it adds to the first sketch vv_plugin.draft and vv_request.draw   |
 */
#endif
