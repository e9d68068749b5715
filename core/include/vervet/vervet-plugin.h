/* vervet-plugin.h - plugin ABI 1. C11 and C++17. No GLib, no bool, no long, no enum-typed fields.
 * All pointers a call receives are borrowed. No side ever frees the other's memory. Zero means "unset". */
#ifndef VERVET_PLUGIN_H
#define VERVET_PLUGIN_H
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif
#define VV_ABI_MAJOR 1u
#define VV_ABI_MINOR 0u
#define VV_ABI ((VV_ABI_MAJOR << 16) | VV_ABI_MINOR)
/* While this is not 0 the interface is a draft: a host loads only plugins built against the same draft number. */
#define VV_ABI_DRAFT 1u
/* Does the other side's (perhaps older, shorter) struct carry field f, and is it set? */
#define VV_HAS(T, p, f) ((p)->struct_size >= offsetof (T, f) + sizeof ((p)->f) && (p)->f)

typedef int32_t vv_status; /* 0 ok; > 0 ok, with news; < 0 error. Numbers are never reused */
enum { VV_OK = 0, VV_FINISHED = 1, VV_PARTIAL = 2,
       VV_E_FAILED = -1, VV_E_CANCELLED = -2, VV_E_INVALID = -3, VV_E_UNSUPPORTED = -4,
       VV_E_UNAVAILABLE = -5, VV_E_AUTH = -6, VV_E_RATE_LIMIT = -7, VV_E_TIMEOUT = -8,
       VV_E_NOMEM = -9, VV_E_BUDGET = -10, VV_E_CONTEXT = -11 /* prompt longer than the window */ };
typedef struct vv_error { uint32_t struct_size; int32_t retry_after_ms /* < 0: do not retry */;
  char message[504]; } vv_error;
typedef struct vv_str { const char *ptr; size_t len; } vv_str; /* UTF-8 or bytes; frozen */

/* ---- 1. Options and roles: what a user may set, what an experiment must bind --------------- */
enum { VV_T_BOOL = 1, VV_T_INT, VV_T_FLOAT, VV_T_STRING, VV_T_ENUM, VV_T_PATH, VV_T_SECRET, VV_T_JSON };
enum { VV_OPT_REQUIRED = 1u << 0, VV_OPT_ADVANCED = 1u << 1, VV_OPT_DEPRECATED = 1u << 2,
       VV_OPT_NEUTRAL = 1u << 3 /* cannot change results: left out of the run's fingerprint */ };
typedef struct vv_option { /* array with stride */
  uint32_t type, flags;
  const char *name, *label, *help, *unit, *group, *def; /* name: kebab-case; def: text or NULL */
  double min, max, ui_min, ui_max, ui_step;             /* a range counts only if min < max */
  const char *const *choices; } vv_option;
typedef struct vv_value { uint32_t type, is_set; union { int64_t i; double f; vv_str s; } v; } vv_value; /* frozen */
enum { VV_ROLE_OPTIONAL = 1u << 0, VV_ROLE_MANY = 1u << 1 /* any number: "model.a", "model.b" ... */ };
typedef struct vv_role { /* array with stride: "judge", "prm", "draft" ... */
  const char *name, *help; uint32_t ops /* bit 1u << VV_OP_x */, flags; } vv_role;

/* ---- 2. Content ------------------------------------------------------------------------- */
enum { VV_PART_TEXT = 1, VV_PART_IMAGE, VV_PART_AUDIO, VV_PART_FILE, VV_PART_TOOL_CALL, VV_PART_TOOL_RESULT,
       VV_PART_REASONING };
typedef struct vv_part { uint32_t kind, flags; const char *mime; /* "image/png"; NULL for text */
  vv_str name; /* tool name or call id */ vv_str data; /* text, bytes, or JSON arguments */ } vv_part; /* frozen */
typedef struct vv_message { const char *role; /* "system", "user", "assistant", "tool" */
  const vv_part *parts; size_t n_parts; vv_str text; /* used when n_parts is 0 */ } vv_message; /* frozen */
typedef struct vv_field { const char *name; vv_str text; } vv_field; /* frozen */
typedef struct vv_problem { uint32_t struct_size, n_messages, n_fields, flags;
  uint64_t uid;                /* the same number: the same problem (a key for your caches) */
  const char *id, *group;      /* stable key in the benchmark; shared context or passage, or NULL */
  const vv_message *messages;  /* the default prompt, few-shot included */
  const vv_field *fields;      /* public columns: "question", "starter_code", "level" ... */
  vv_str reference;            /* gold answer or hidden tests. EMPTY for samplers and their helpers */
} vv_problem;

/* ---- 3. Requests and choices: one vocabulary for models, samplers, judges ------------------ */
enum { VV_OP_GENERATE = 1, VV_OP_SCORE, VV_OP_LOGPROB, VV_OP_EMBED, VV_OP_RETRIEVE, VV_OP_ENV };
enum { VV_RAW = 1u << 0,       /* messages[0].text is the whole prompt, no chat template */
       VV_CONTINUE = 1u << 1,  /* the last message is an assistant's: go on with it */
       VV_KEEP_STOP = 1u << 2, /* the matched stop string stays in the text */
       VV_GREEDY = 1u << 3,    /* temperature 0 (a temperature field of 0 means "inherit") */
       VV_STEPS = 1u << 4,     /* SCORE: texts are the successive steps of ONE answer */
       VV_EXTRACT = 1u << 5 /* SCORE by a verifier: find the answer (or run the program), compare with nothing */ };
typedef struct vv_request { /* host-owned, immutable, valid until release() or until run() returns */
  uint32_t struct_size, op, flags, n /* 0 = 1 */;
  uint32_t max_tokens, top_logprobs, n_messages, n_texts;
  uint32_t n_stop, top_k, timeout_ms, n_params;
  double temperature, top_p, min_p; /* 0: inherit from the role's binding */
  uint64_t seed, uid, prefix_uid;   /* set by the host. Choice i uses seed + i (31 bits). prefix_uid: an earlier
                                       request whose prompt and output start this prompt (KV hint), or 0 */
  const vv_message *messages;
  const vv_str *texts;    /* SCORE: candidates or steps; LOGPROB: continuations; EMBED: inputs;
                             RETRIEVE: the query (n = how many); ENV: the action, none = reset (the
                             state is that of the nearest ENV ancestor of the step) */
  const vv_str *stop;
  const vv_field *params; /* anything else, JSON values: "reasoning_effort", "guided_json" ... */
  vv_str tools;           /* JSON array of tool schemas, or empty */
  vv_str reference;       /* SCORE: compare with this instead of the gold, e.g. another answer */
  uint64_t draw;          /* set by the host: how many times the run has drawn from this very prompt before; choice i
                             is draw + i. The trial number of a one-call sampler. A recorded pool answers draw i with
                             its sample i; a real model must not look at it */
} vv_request;
enum { VV_FIN_EOS = 1, VV_FIN_STOP, VV_FIN_EOS_OR_STOP /* server does not say which */, VV_FIN_LENGTH,
       VV_FIN_TOOL, VV_FIN_FILTER, VV_FIN_CANCELLED };
enum { VV_USE_ESTIMATED = 1u << 0, VV_USE_INPUT_SHARED = 1u << 1 /* input counts the whole call */ };
typedef struct vv_usage { uint64_t input, cached, output, reasoning; double money /* NaN: by price table */;
  uint32_t flags, verifier_runs; } vv_usage; /* frozen */
typedef struct vv_token { vv_str text; double logprob; int32_t id; uint32_t n_top;
  const struct vv_token *top; } vv_token; /* frozen */
typedef struct vv_hit { vv_str id, text; double score; } vv_hit; /* frozen */
enum { VV_PASS = 1, VV_FAIL, VV_SCORED /* no threshold, score only */, VV_UNDECIDED, VV_NO_ANSWER, VV_BAD_REFERENCE };
typedef struct vv_metric { const char *name; double value; } vv_metric; /* frozen */
typedef struct vv_verdict { int32_t status; int32_t answer_class; /* host fills: equal answers of a trial share it */
  double score;                          /* NaN: none; higher is better */
  const char *reason;                    /* short code: "interval", "timeout-cpu", "test 3" */
  vv_str answer, detail;                 /* extracted answer or program output; explanation */
  const double *step_scores; size_t n_steps;
  const vv_metric *metrics; size_t n_metrics; /* "legal-moves", "max-rss": charted, never compared */
} vv_verdict; /* frozen */
typedef struct vv_choice { uint32_t struct_size, index; int32_t finish; uint32_t n_tokens;
  vv_str text, reasoning, tool_calls /* JSON */;
  const vv_token *tokens; double logprob_sum /* NaN: not asked or not known */;
  const float *vector; size_t n_vector;            /* EMBED */
  const vv_hit *hits; size_t n_hits;               /* RETRIEVE */
  const vv_verdict *verdicts; size_t n_verdicts;   /* SCORE: one per text; with VV_STEPS one in all */
  const vv_message *observation; size_t n_observation; double reward; int64_t done; /* ENV */
  vv_str tools;                                    /* ENV: JSON array of the tools allowed now */
  vv_usage usage; } vv_choice;

/* ---- 4. Host services: valid from load() to the end of unload(), any thread ------------------ */
typedef struct vv_host { uint32_t struct_size, abi; void *ctx;
  void (*log) (void *ctx, uint32_t level, const char *msg);
  int64_t (*now_ns) (void *ctx);
  vv_status (*secret) (void *ctx, const char *name, char *buf, size_t cap);
  const void *(*extension) (void *ctx, const char *name); /* "vervet.x/1" or NULL */ } vv_host;

/* ---- 5. Model: implement run (blocking, the host brings threads) OR submit/cancel/release ----- */
enum { VV_CAN_PREFILL = 1u << 0, VV_CAN_N = 1u << 1, VV_CAN_SEED = 1u << 2, VV_CAN_LOGPROBS = 1u << 3,
       VV_CAN_KEEP_STOP = 1u << 4, VV_CAN_TELL_STOP = 1u << 5, VV_CAN_RAW = 1u << 6, VV_CAN_TOOLS = 1u << 7,
       VV_CAN_IMAGES = 1u << 8, VV_CAN_PROGRESS = 1u << 9, VV_CAN_CANCEL = 1u << 10, VV_CAN_FORK_KV = 1u << 11 };
typedef struct vv_model_info { uint32_t struct_size, ops /* 1u << VV_OP_x */; uint64_t can;
  uint32_t max_parallel, max_n, max_stop, context;            /* 0: not known */
  char name[128], fingerprint[128];                           /* weights or server build: recorded */
  double params, active_params; uint32_t n_layer, n_head, n_kv_head, d_head; /* cost models; 0: not known */
} vv_model_info;
typedef struct vv_reply { uint32_t struct_size, reserved; void *ctx; /* callable on any thread, one call at a time */
  void (*choice) (void *ctx, const vv_choice *c);             /* once per index, any order; copied */
  int32_t (*progress) (void *ctx, uint32_t index, vv_str delta, uint32_t n_tokens); /* != 0: stop this one */
  int32_t (*stopped) (void *ctx, uint32_t index);             /* poll; UINT32_MAX: all of them */
  void (*done) (void *ctx, vv_status status, const vv_error *err); /* submit only: last, exactly once */
} vv_reply;
typedef struct vv_model_iface { uint32_t struct_size, reserved;
  vv_status (*describe) (void *self, vv_model_info *out, vv_error *err); /* may block: probe the server */
  vv_status (*run) (void *self, const vv_request *req, const vv_reply *reply, vv_error *err);
  vv_status (*submit) (void *self, const vv_request *req, const vv_reply *reply, void **job, vv_error *err);
  void (*cancel) (void *self, void *job, uint32_t index);     /* any thread, returns at once, idempotent */
  void (*release) (void *self, void *job); } vv_model_iface;  /* once, after done; no cancel follows */

/* Codec: a model behind HTTP as two pure functions; sockets, retries, streaming are the host's. */
typedef struct vv_http { uint32_t struct_size, n_headers; const char *method, *path;
  const vv_field *headers; /* a value may hold "${secret:NAME}": the plugin never sees the key */ vv_str body; } vv_http;
typedef struct vv_codec_iface { uint32_t struct_size, reserved;
  vv_status (*describe) (void *self, vv_model_info *out, vv_error *err);
  vv_status (*encode) (void *self, const vv_request *req, vv_http *out, vv_error *err); /* valid until the next call */
  /* The body, in one piece or as it streams. *state starts NULL; on last != 0 free it. */
  vv_status (*decode) (void *self, const vv_request *req, uint32_t http_status, vv_str bytes, uint32_t last,
                       void **state, const vv_reply *reply, vv_error *err); } vv_codec_iface;

/* ---- 6. Verifier: judges one text by itself; runs in a worker process, may be killed ------------ */
typedef struct vv_verifier_iface { uint32_t struct_size, reserved;
  /* Strings in *out: yours, valid until the next call on this instance. An error status is never a "wrong". */
  vv_status (*verify) (void *self, const vv_problem *problem, vv_str text, vv_verdict *out, vv_error *err);
} vv_verifier_iface;

/* ---- 7. Program: a sampler (problem -> candidates) or a judge (candidates -> verdicts) ---------- */
typedef struct vv_task { uint32_t struct_size, n_texts; const vv_problem *problem;
  const vv_str *texts;        /* judge: the candidates. Sampler: none */
  uint64_t seed; uint32_t trial, reserved; } vv_task; /* valid until end() */
typedef struct vv_budget { double calls, input, output, sequential, money, flops, seconds; } vv_budget; /* frozen; INFINITY: no limit */
enum { VV_TOGETHER = 1u << 0, /* start all n choices at the same moment or wait (races) */
       VV_JOIN = 1u << 1,     /* depends on everything told so far, not on parent alone */
       VV_ASIDE = 1u << 2     /* not part of an answer: lookahead, critique, vote */ };
typedef struct vv_step { uint32_t struct_size, flags, report_every /* tokens; 0: no partial outcomes */, reserved;
  uint64_t parent;            /* id of the outcome this grows from, 0: the root */
  uint64_t tag;               /* yours; comes back in the outcome */
  const char *role, *label;   /* "model", "prm" ...; label names the stage: "draft", "fuse" */
  const vv_request *request; } vv_step;
typedef struct vv_outcome { uint32_t struct_size; vv_status status; uint64_t id, tag; uint32_t index, n_tries;
  const vv_choice *choice;    /* never NULL; partial text when cancelled. Valid until end() */
  const vv_error *error; } vv_outcome;
typedef struct vv_candidate { uint32_t struct_size, flags; uint64_t node; vv_str text /* empty: text of node */;
  double score, weight; } vv_candidate;
typedef struct vv_moves { uint32_t struct_size, last /* != 0: budget spent, no step is taken, finish */; void *ctx;
  const vv_budget *left;
  uint64_t (*step) (void *ctx, const vv_step *s);      /* copied. First of n ids, or 0: refused */
  void (*cancel) (void *ctx, uint64_t id);             /* an outcome (CANCELLED, or its result) still comes */
  uint32_t (*candidate) (void *ctx, const vv_candidate *c); /* sampler: an output of this trial; its number */
  void (*answer) (void *ctx, uint32_t candidate);      /* sampler: its pick, optional */
  void (*vote) (void *ctx, uint32_t i, uint64_t node, const vv_verdict *v); /* judge: what one reply says of texts[i] */
  void (*verdict) (void *ctx, uint32_t i, const vv_verdict *v); /* judge: the last word on texts[i] */
  void (*note) (void *ctx, const char *key, double value); } vv_moves; /* "accept-rate": stored per trial */
typedef struct vv_program_iface { uint32_t struct_size, reserved;
  vv_status (*begin) (void *self, const vv_task *task, void **run, vv_error *err);
  vv_status (*ask) (void *run, const vv_moves *moves, vv_error *err); /* OK: tell me more; FINISHED: trial over */
  vv_status (*tell) (void *run, const vv_outcome *o, vv_error *err);  /* once per choice asked */
  void (*end) (void *run); } vv_program_iface;

/* ---- 8. Benchmark, with an optional environment ---------------------------------------------- */
typedef struct vv_benchmark_info { uint32_t struct_size, reserved; const char *name, *version, *license, *source;
  const char *verifier, *verifier_options; /* default grading: component id, JSON */ } vv_benchmark_info;
typedef struct vv_benchmark_iface { uint32_t struct_size, reserved;
  vv_status (*describe) (void *self, vv_benchmark_info *out, vv_error *err);
  int64_t (*count) (void *self);                       /* < 0: unlimited (procedural) */
  vv_status (*problem) (void *self, int64_t i, vv_problem *out, vv_error *err); /* pure in i; until the next call */
  vv_status (*env_open) (void *self, const vv_problem *p, uint64_t seed, void **env, vv_choice *first, vv_error *err);
  vv_status (*env_step) (void *env, vv_str action, vv_choice *out, vv_error *err); /* until the next call */
  void (*env_close) (void *env); } vv_benchmark_iface; /* env_*: all three or none; worker process */

/* ---- 9. Descriptor: constant data, readable without running any other plugin code --------------- */
enum { VV_KIND_MODEL = 1, VV_KIND_SAMPLER, VV_KIND_VERIFIER, VV_KIND_BENCHMARK, VV_KIND_JUDGE, VV_KIND_CODEC,
       VV_KIND_ACCELERATOR /* iface: vervet-accel.h, not frozen */ };
enum { VV_CAP_CONCURRENT = 1u << 0, VV_CAP_DETERMINISTIC = 1u << 1, VV_CAP_GPU = 1u << 2, VV_CAP_NETWORK = 1u << 3,
       VV_CAP_HEAVY = 1u << 4,     /* ask or tell may take over 10 ms */
       VV_CAP_ONE_CALL = 1u << 5,  /* sampler: a trial is one call, its candidate that choice: no tree rows */
       VV_CAP_EQUALITY = 1u << 6,  /* verifier: reference may be any candidate's answer */
       VV_CAP_SET_WISE = 1u << 7   /* judge: a verdict depends on the whole set; never cached singly */ };
typedef struct vv_component { uint32_t struct_size, kind; uint64_t caps;
  const char *id, *title, *summary;
  uint32_t behaviour /* +1 when equal inputs may give other results: in the fingerprint */, n_options, option_stride,
    n_roles, role_stride, reserved;
  const vv_option *options; const vv_role *roles; const void *iface;
  vv_status (*probe) (void *plugin, vv_error *err);    /* optional: can it run here? */
  vv_status (*create) (void *plugin, const vv_value *values, uint32_t n, void **self, vv_error *err);
  void (*destroy) (void *self); } vv_component;        /* NULL-safe */
typedef struct vv_plugin { uint32_t struct_size, abi /* oldest host it accepts */;
  uint32_t draft /* VV_ABI_DRAFT */, reserved;
  const char *id, *version, *title, *summary, *license, *url;
  const vv_component *const *components;               /* NULL-terminated */
  vv_status (*load) (const vv_host *host, void **plugin, vv_error *err); /* optional */
  void (*unload) (void *plugin); } vv_plugin;          /* optional; the .so stays mapped */
__attribute__ ((visibility ("default"))) const vv_plugin *vervet_plugin_v1 (void);

/* ---- 10. Help for authors: inline, no library ------------------------------------------------ */
static inline vv_str vv_s (const char *z) { vv_str s = { z, 0 }; while (z && z[s.len]) s.len++; return s; }
static inline uint64_t vv_mix (uint64_t a, uint64_t b) /* a random number that depends on nothing but (a, b) */
{ uint64_t z = a + 0x9e3779b97f4a7c15u * (b + 1u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u; z = (z ^ (z >> 27)) * 0x94d049bb133111ebu; return z ^ (z >> 31); }
/* The whole descriptor of a plugin with one component and no load(). C only. Use at the end of the file. */
#define VV_PLUGIN_ONE(component_, id_, version_, license_, url_) \
  static const vv_component *const vv_components_[] = { &(component_), NULL }; \
  const vv_plugin *vervet_plugin_v1 (void) { \
    static const vv_plugin p = { .struct_size = sizeof p, .abi = VV_ABI, .draft = VV_ABI_DRAFT, .id = id_, .version = version_, \
      .title = id_, .summary = id_, .license = license_, .url = url_, .components = vv_components_ }; \
    return &p; }
#ifdef __cplusplus
}
#endif
#endif
