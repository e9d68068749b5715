-- Vervet store, schema 1: one file, one run or many. SQLite >= 3.40, STRICT. One writer process (lease), any readers.
PRAGMA page_size = 16384;
PRAGMA application_id = 0x56525654;
PRAGMA user_version = 1;
CREATE TABLE meta (key TEXT PRIMARY KEY, value ANY) STRICT, WITHOUT ROWID; -- uuid, writer, min_reader, min_writer
CREATE TABLE string (string_id INTEGER PRIMARY KEY, s TEXT NOT NULL UNIQUE) STRICT; -- labels, reasons, messages
CREATE TABLE dict (dict_id INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;         -- zstd dictionaries, never changed
CREATE TABLE text (                     -- appended only, never looked up by content
  text_id INTEGER PRIMARY KEY, hash INTEGER NOT NULL /* 64 bits of the raw bytes, no index */,
  raw_len INTEGER NOT NULL, dict_id INTEGER /* NULL: raw, 0: zstd without dictionary */, data BLOB NOT NULL) STRICT;

CREATE TABLE run (
  run_id INTEGER PRIMARY KEY, uuid BLOB NOT NULL UNIQUE, sweep BLOB, arm TEXT /* JSON: the swept values */,
  name TEXT NOT NULL, spec TEXT NOT NULL, fingerprint BLOB NOT NULL, seed INTEGER NOT NULL,
  one_call INTEGER NOT NULL, stopping INTEGER NOT NULL /* 0: trial counts do not depend on outcomes */,
  oracle INTEGER NOT NULL /* 1: the sampler saw gold */, state INTEGER NOT NULL, created_ms INTEGER NOT NULL) STRICT;
CREATE TABLE epoch (                    -- a start, a resume, or a change of the server under us
  epoch_id INTEGER PRIMARY KEY, run_id INTEGER NOT NULL, started_ms INTEGER NOT NULL, ended_ms INTEGER,
  facts TEXT NOT NULL /* JSON: versions, behaviours, file hashes, host, GPU, server fingerprint, prices */) STRICT;
CREATE TABLE ledger (                   -- budget; reserved left over from a crash is booked as lost
  run_id INTEGER NOT NULL, unit TEXT NOT NULL, spent REAL NOT NULL, reserved REAL NOT NULL, lost REAL NOT NULL,
  cap REAL, PRIMARY KEY (run_id, unit)) STRICT, WITHOUT ROWID;
CREATE TABLE lease (one INTEGER PRIMARY KEY CHECK (one = 1), host TEXT NOT NULL, boot TEXT NOT NULL,
  pid INTEGER NOT NULL, beat_ms INTEGER NOT NULL) STRICT;

CREATE TABLE problem (                  -- the item itself; its prompt belongs to the run
  problem_id INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE /* 16 bytes of fields + reference */,
  benchmark TEXT NOT NULL, key TEXT NOT NULL, grp TEXT, fields_id INTEGER, reference_id INTEGER) STRICT;
CREATE INDEX problem_key ON problem (benchmark, key);
CREATE TABLE member (                   -- a problem in a run, with every counter of it
  member_id INTEGER PRIMARY KEY, run_id INTEGER NOT NULL, problem_id INTEGER NOT NULL, ord INTEGER NOT NULL,
  prompt_id INTEGER, prompt_hash BLOB, planned INTEGER NOT NULL, done INTEGER NOT NULL DEFAULT 0,
  failed INTEGER NOT NULL DEFAULT 0, samples INTEGER NOT NULL DEFAULT 0, distinct_texts INTEGER NOT NULL DEFAULT 0,
  truncated INTEGER NOT NULL DEFAULT 0, calls INTEGER NOT NULL DEFAULT 0, in_tok INTEGER NOT NULL DEFAULT 0,
  cached_tok INTEGER NOT NULL DEFAULT 0, out_tok INTEGER NOT NULL DEFAULT 0, seq_tok INTEGER NOT NULL DEFAULT 0,
  nano_money INTEGER NOT NULL DEFAULT 0, busy_ms INTEGER NOT NULL DEFAULT 0, UNIQUE (run_id, problem_id)) STRICT;

CREATE TABLE sample (                   -- one candidate answer. id is arrival order, local to this file
  id INTEGER PRIMARY KEY, member_id INTEGER NOT NULL, trial INTEGER NOT NULL, ord INTEGER NOT NULL,
  epoch_id INTEGER NOT NULL, status INTEGER NOT NULL /* < 0: this trial failed for good */, finish INTEGER,
  flags INTEGER, text_id INTEGER, in_tok INTEGER, cached_tok INTEGER, out_tok INTEGER, think_tok INTEGER,
  call_n INTEGER /* in_tok is shared by so many */, seq_tok INTEGER, start_ms INTEGER, took_ms INTEGER, tries INTEGER,
  logprob REAL, score REAL, weight REAL, seed INTEGER /* NULL: the derived one */, node INTEGER,
  UNIQUE (member_id, trial, ord)) STRICT;

CREATE TABLE job (                      -- one execution of a program: a trial of a sampler, or a judge at work
  job_id INTEGER PRIMARY KEY, check_id INTEGER NOT NULL /* 0: the sampler */, member_id INTEGER NOT NULL,
  trial INTEGER NOT NULL, ord INTEGER NOT NULL /* -1: a whole set */, state INTEGER NOT NULL, epoch_id INTEGER NOT NULL,
  answer_ord INTEGER, calls INTEGER, in_tok INTEGER, cached_tok INTEGER, out_tok INTEGER, seq_tok INTEGER,
  nano_money INTEGER, start_ms INTEGER, took_ms INTEGER, notes TEXT, UNIQUE (check_id, member_id, trial, ord)) STRICT;
CREATE TABLE node (                     -- one choice of one step: the search tree, and what resume replays
  job_id INTEGER NOT NULL, node INTEGER NOT NULL, parent INTEGER NOT NULL, req_key BLOB NOT NULL, occ INTEGER NOT NULL,
  idx INTEGER NOT NULL, op INTEGER NOT NULL, flags INTEGER NOT NULL, role INTEGER NOT NULL, label INTEGER,
  told INTEGER /* order of tells */, status INTEGER, finish INTEGER, text_id INTEGER, request_id INTEGER,
  in_tok INTEGER, cached_tok INTEGER, out_tok INTEGER, seq_tok INTEGER, start_ms INTEGER, took_ms INTEGER, tries INTEGER,
  logprob REAL, score REAL, reward REAL, extra BLOB /* step scores, vector, hits, top logprobs */,
  PRIMARY KEY (job_id, node)) STRICT, WITHOUT ROWID;

CREATE TABLE "check" (                  -- a verifier or judge with exact options; a new behaviour is a new check
  check_id INTEGER PRIMARY KEY, fingerprint BLOB NOT NULL UNIQUE, component TEXT NOT NULL, behaviour INTEGER NOT NULL,
  name TEXT NOT NULL, options TEXT NOT NULL, visible INTEGER NOT NULL, created_ms INTEGER NOT NULL) STRICT;
CREATE TABLE verdict (
  check_id INTEGER NOT NULL, sample_id INTEGER NOT NULL, status INTEGER NOT NULL /* < 0: error, to be retried */,
  score REAL, answer_id INTEGER, reason INTEGER, took_us INTEGER, steps BLOB /* float32[] */, detail_id INTEGER,
  PRIMARY KEY (check_id, sample_id)) STRICT, WITHOUT ROWID;
CREATE TABLE vote (                     -- single readings of a judge: any V of them can be drawn later
  check_id INTEGER NOT NULL, sample_id INTEGER NOT NULL, vote INTEGER NOT NULL, job_id INTEGER NOT NULL,
  node INTEGER NOT NULL, status INTEGER NOT NULL, score REAL, weight REAL,
  PRIMARY KEY (check_id, sample_id, vote)) STRICT, WITHOUT ROWID;
CREATE TABLE metric (check_id INTEGER NOT NULL, sample_id INTEGER NOT NULL, name INTEGER NOT NULL, value REAL NOT NULL,
  PRIMARY KEY (check_id, sample_id, name)) STRICT, WITHOUT ROWID;
CREATE TABLE tally (                    -- per check and problem; upto: every sample with id <= upto is judged
  check_id INTEGER NOT NULL, member_id INTEGER NOT NULL, pass INTEGER NOT NULL, fail INTEGER NOT NULL,
  scored INTEGER NOT NULL, undecided INTEGER NOT NULL, no_answer INTEGER NOT NULL, bad_reference INTEGER NOT NULL,
  errors INTEGER NOT NULL, sum REAL NOT NULL, sum2 REAL NOT NULL, out_tok INTEGER NOT NULL, nano_money INTEGER NOT NULL,
  PRIMARY KEY (check_id, member_id)) STRICT, WITHOUT ROWID;
CREATE TABLE progress (check_id INTEGER NOT NULL, run_id INTEGER NOT NULL, upto INTEGER NOT NULL,
  PRIMARY KEY (check_id, run_id)) STRICT, WITHOUT ROWID;
CREATE TABLE answer (                   -- distinct answers in classes of equals, counted: exact maj@k without a scan
  answer_id INTEGER PRIMARY KEY, check_id INTEGER NOT NULL, member_id INTEGER NOT NULL, class INTEGER NOT NULL,
  status INTEGER NOT NULL, n INTEGER NOT NULL, s TEXT NOT NULL, UNIQUE (check_id, member_id, s)) STRICT;

CREATE TABLE incident (                 -- every failed try, and nothing else
  incident_id INTEGER PRIMARY KEY, run_id INTEGER NOT NULL, member_id INTEGER, trial INTEGER, job_id INTEGER, node INTEGER,
  check_id INTEGER, try INTEGER, at_ms INTEGER NOT NULL, status INTEGER NOT NULL, http INTEGER, message INTEGER) STRICT;
CREATE TABLE merged (shard BLOB NOT NULL, run_uuid BLOB NOT NULL, upto_sample INTEGER NOT NULL, upto_job INTEGER NOT NULL,
  at_ms INTEGER NOT NULL, PRIMARY KEY (shard, run_uuid)) STRICT, WITHOUT ROWID;
CREATE TABLE label (run_uuid BLOB NOT NULL, problem_hash BLOB NOT NULL, trial INTEGER NOT NULL, ord INTEGER NOT NULL,
  who TEXT NOT NULL, at_ms INTEGER NOT NULL, status INTEGER NOT NULL, remark TEXT,
  PRIMARY KEY (run_uuid, problem_hash, trial, ord, who)) STRICT, WITHOUT ROWID; -- a person's word: the audit of verifiers
CREATE VIEW v_count AS SELECT r.name AS run, p.benchmark, p.key, c.name AS "check", m.samples, t.pass, t.fail, t.undecided,
  t.no_answer, t.errors, m.in_tok, m.out_tok FROM tally t JOIN "check" c USING (check_id) JOIN member m USING (member_id)
  JOIN run r USING (run_id) JOIN problem p USING (problem_id);
