-- Vervet store, schema 1: one file, one run or many. SQLite >= 3.40, STRICT. One writer process (lease), any readers.
-- This file is the reference: the library embeds it as it stands. Times are ms since 1970 UTC, money is in nano-units of
-- the price table's currency, hashes and uuids are 16 bytes, NULL is "not known". Rows are addressed across files by
-- (run uuid, problem hash, trial, ord); the integer ids below are local to a file.
PRAGMA page_size = 16384;
PRAGMA application_id = 0x56525654;
PRAGMA user_version = 1;

-- Facts about the file: uuid (BLOB), writer (version text), min_reader and min_writer (the oldest schema number whose
-- programs may still read or write it).
CREATE TABLE meta (key TEXT PRIMARY KEY, value ANY) STRICT, WITHOUT ROWID;
-- Short words that repeat: reasons, labels, roles, names of metrics, messages of incidents.
CREATE TABLE string (string_id INTEGER PRIMARY KEY, s TEXT NOT NULL UNIQUE) STRICT;
-- zstd dictionaries, never changed.
CREATE TABLE dict (dict_id INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;
-- Long texts: appended only, never looked up by content. Equal sample texts of one member share a row.
CREATE TABLE text (
  text_id INTEGER PRIMARY KEY,
  hash INTEGER NOT NULL,    -- XXH3, 64 bits, seed 0, of the raw bytes
  raw_len INTEGER NOT NULL,
  dict_id INTEGER,          -- NULL: data is raw; 0: one zstd frame without dictionary; else with that one
  data BLOB NOT NULL) STRICT;

-- One execution of an experiment. state is VervetRunState.
CREATE TABLE run (
  run_id INTEGER PRIMARY KEY, uuid BLOB NOT NULL UNIQUE, sweep BLOB,
  arm TEXT,                 -- JSON: the swept values
  name TEXT NOT NULL, spec TEXT NOT NULL, fingerprint BLOB NOT NULL,
  seed INTEGER NOT NULL,    -- an unsigned 64-bit number, stored as the signed one of the same bits
  one_call INTEGER NOT NULL,
  stopping INTEGER NOT NULL,    -- 0: trial counts do not depend on outcomes
  oracle INTEGER NOT NULL,      -- 1: the sampler saw gold
  counts_only INTEGER NOT NULL, -- 1: imported counts: no sample rows, the counters are the data
  state INTEGER NOT NULL, created_ms INTEGER NOT NULL) STRICT;
-- A start, a resume, or a change of the server under us: figures can be split by it.
CREATE TABLE epoch (
  epoch_id INTEGER PRIMARY KEY, run_id INTEGER NOT NULL, started_ms INTEGER NOT NULL, ended_ms INTEGER,
  facts TEXT NOT NULL       -- JSON: versions, behaviours, file hashes, host, GPU, server fingerprint, prices
  ) STRICT;
-- The budget. What a crash left reserved is booked as lost at the next start.
CREATE TABLE ledger (
  run_id INTEGER NOT NULL, unit TEXT NOT NULL, spent REAL NOT NULL, reserved REAL NOT NULL, lost REAL NOT NULL,
  cap REAL, PRIMARY KEY (run_id, unit)) STRICT, WITHOUT ROWID;
-- Who writes this file now; no row when nobody does.
CREATE TABLE lease (one INTEGER PRIMARY KEY CHECK (one = 1), host TEXT NOT NULL, boot TEXT NOT NULL,
  pid INTEGER NOT NULL, beat_ms INTEGER NOT NULL) STRICT;

-- The item itself, shared by runs; its prompt belongs to the run.
CREATE TABLE problem (
  problem_id INTEGER PRIMARY KEY,
  hash BLOB NOT NULL UNIQUE,    -- of fields and reference
  benchmark TEXT NOT NULL, key TEXT NOT NULL, grp TEXT, fields_id INTEGER, reference_id INTEGER) STRICT;
CREATE INDEX problem_key ON problem (benchmark, key);
-- A problem in a run, with every counter of it. The writer keeps the counters equal to what the rows say:
--   done, failed    trials (rows with ord 0) with status >= 0, < 0
-- and of the rows with status >= 0:
--   samples, distinct_texts (distinct text_id), truncated (finish is VV_FIN_LENGTH), sums of out_tok, seq_tok,
--   nano_money, took_ms (busy_ms), and the shares of in_tok and cached_tok: a row's share of a number t that call_n rows
--   have in common is t / call_n, plus 1 when (trial + ord) % call_n < t % call_n; consecutive trials add up to t.
-- calls has no rows behind it: it is added to by the writer, and a merge keeps it apart by file (merged_part).
CREATE TABLE member (
  member_id INTEGER PRIMARY KEY, run_id INTEGER NOT NULL, problem_id INTEGER NOT NULL, ord INTEGER NOT NULL,
  prompt_id INTEGER, prompt_hash BLOB, planned INTEGER NOT NULL, done INTEGER NOT NULL DEFAULT 0,
  failed INTEGER NOT NULL DEFAULT 0, samples INTEGER NOT NULL DEFAULT 0, distinct_texts INTEGER NOT NULL DEFAULT 0,
  truncated INTEGER NOT NULL DEFAULT 0, calls INTEGER NOT NULL DEFAULT 0, in_tok INTEGER NOT NULL DEFAULT 0,
  cached_tok INTEGER NOT NULL DEFAULT 0, out_tok INTEGER NOT NULL DEFAULT 0, seq_tok INTEGER NOT NULL DEFAULT 0,
  nano_money INTEGER NOT NULL DEFAULT 0, busy_ms INTEGER NOT NULL DEFAULT 0, UNIQUE (run_id, problem_id)) STRICT;

-- One candidate answer. id is arrival order. A row with status < 0 (its trial failed for good) may be replaced in place.
CREATE TABLE sample (
  id INTEGER PRIMARY KEY, member_id INTEGER NOT NULL, trial INTEGER NOT NULL, ord INTEGER NOT NULL,
  epoch_id INTEGER NOT NULL, status INTEGER NOT NULL, finish INTEGER,
  flags INTEGER,            -- VERVET_SAMPLE_*; bit 0: the answer of its trial
  text_id INTEGER, in_tok INTEGER, cached_tok INTEGER, out_tok INTEGER, think_tok INTEGER,
  call_n INTEGER,           -- in_tok and cached_tok are shared by so many rows
  seq_tok INTEGER, nano_money INTEGER, start_ms INTEGER, took_ms INTEGER, tries INTEGER,
  logprob REAL, score REAL, weight REAL,
  seed INTEGER,             -- NULL: the derived one
  node INTEGER, UNIQUE (member_id, trial, ord)) STRICT;

-- One execution of a program: a trial of a sampler (check_id 0), or a judge at work. ord -1: a whole set.
CREATE TABLE job (
  job_id INTEGER PRIMARY KEY, check_id INTEGER NOT NULL, member_id INTEGER NOT NULL, trial INTEGER NOT NULL,
  ord INTEGER NOT NULL, state INTEGER NOT NULL /* 0 open, 1 finished, < 0 failed */, epoch_id INTEGER NOT NULL,
  answer_ord INTEGER, calls INTEGER, in_tok INTEGER, cached_tok INTEGER, out_tok INTEGER, seq_tok INTEGER,
  nano_money INTEGER, start_ms INTEGER, took_ms INTEGER, notes TEXT, UNIQUE (check_id, member_id, trial, ord)) STRICT;
-- One choice of one step: the search tree, and what resume replays.
CREATE TABLE node (
  job_id INTEGER NOT NULL, node INTEGER NOT NULL, parent INTEGER NOT NULL, req_key BLOB NOT NULL, occ INTEGER NOT NULL,
  idx INTEGER NOT NULL, op INTEGER NOT NULL, flags INTEGER NOT NULL, role INTEGER NOT NULL, label INTEGER,
  told INTEGER /* order of tells */, status INTEGER, finish INTEGER, text_id INTEGER,
  request_id INTEGER,       -- a text; siblings share it
  in_tok INTEGER, cached_tok INTEGER, out_tok INTEGER, seq_tok INTEGER, start_ms INTEGER, took_ms INTEGER, tries INTEGER,
  logprob REAL, score REAL, reward REAL,
  extra BLOB,               -- step scores, vector, hits, top logprobs
  PRIMARY KEY (job_id, node)) STRICT, WITHOUT ROWID;

-- A verifier or judge with exact options; a new behaviour is a new check.
CREATE TABLE "check" (
  check_id INTEGER PRIMARY KEY, fingerprint BLOB NOT NULL UNIQUE, component TEXT NOT NULL, behaviour INTEGER NOT NULL,
  name TEXT NOT NULL, options TEXT NOT NULL, visible INTEGER NOT NULL, created_ms INTEGER NOT NULL) STRICT;
-- The last word of a check on a sample. status < 0: an error, to be retried; nothing else is ever replaced.
CREATE TABLE verdict (
  check_id INTEGER NOT NULL, sample_id INTEGER NOT NULL, status INTEGER NOT NULL, score REAL, answer_id INTEGER,
  reason INTEGER, took_us INTEGER, steps BLOB /* float32[], little endian */, detail_id INTEGER,
  PRIMARY KEY (check_id, sample_id)) STRICT, WITHOUT ROWID;
-- Single readings of a judge: any V of them can be drawn after the fact.
CREATE TABLE vote (
  check_id INTEGER NOT NULL, sample_id INTEGER NOT NULL, vote INTEGER NOT NULL, job_id INTEGER NOT NULL,
  node INTEGER NOT NULL, status INTEGER NOT NULL, score REAL, weight REAL,
  PRIMARY KEY (check_id, sample_id, vote)) STRICT, WITHOUT ROWID;
-- Numbers a verifier reports beside its verdict: charted, never compared. One that is not a number has no row.
CREATE TABLE metric (check_id INTEGER NOT NULL, sample_id INTEGER NOT NULL, name INTEGER NOT NULL, value REAL NOT NULL,
  PRIMARY KEY (check_id, sample_id, name)) STRICT, WITHOUT ROWID;
-- Verdicts of a check on the answers (flags bit 0) of a member, counted by the writer; sum and sum2 over the finite scores
-- of those that are no errors. out_tok and nano_money are what the check's jobs cost: 0 for verifiers that compute.
CREATE TABLE tally (
  check_id INTEGER NOT NULL, member_id INTEGER NOT NULL, pass INTEGER NOT NULL, fail INTEGER NOT NULL,
  scored INTEGER NOT NULL, undecided INTEGER NOT NULL, no_answer INTEGER NOT NULL, bad_reference INTEGER NOT NULL,
  errors INTEGER NOT NULL, sum REAL NOT NULL, sum2 REAL NOT NULL, out_tok INTEGER NOT NULL, nano_money INTEGER NOT NULL,
  PRIMARY KEY (check_id, member_id)) STRICT, WITHOUT ROWID;
-- Every sample of the run with id <= upto has its verdict under the check. A row also says: this run is graded so.
CREATE TABLE progress (check_id INTEGER NOT NULL, run_id INTEGER NOT NULL, upto INTEGER NOT NULL,
  PRIMARY KEY (check_id, run_id)) STRICT, WITHOUT ROWID;
-- Distinct answers in classes of equals, counted (verdicts on answers, no errors): exact maj@k without a scan. class is
-- the caller's number, or minus the answer_id that began the class. One text has a row for each status it was given (a
-- judge may waver), in one class. Longer than 4,096 bytes: cut there, with a hash of the whole appended.
CREATE TABLE answer (
  answer_id INTEGER PRIMARY KEY, check_id INTEGER NOT NULL, member_id INTEGER NOT NULL, class INTEGER NOT NULL,
  status INTEGER NOT NULL, n INTEGER NOT NULL, s TEXT NOT NULL, UNIQUE (check_id, member_id, s, status)) STRICT;

-- Every failed try, and nothing else.
CREATE TABLE incident (
  incident_id INTEGER PRIMARY KEY, run_id INTEGER NOT NULL, member_id INTEGER, trial INTEGER, job_id INTEGER, node INTEGER,
  check_id INTEGER, try INTEGER, at_ms INTEGER NOT NULL, status INTEGER NOT NULL, http INTEGER, message INTEGER) STRICT;
-- Which files were merged into this one, and how far they had come.
CREATE TABLE merged (shard BLOB NOT NULL, run_uuid BLOB NOT NULL, upto_sample INTEGER NOT NULL, upto_job INTEGER NOT NULL,
  at_ms INTEGER NOT NULL, PRIMARY KEY (shard, run_uuid)) STRICT, WITHOUT ROWID;
-- What each merged file has added to counters that no row carries: merging it again adds only what is new. member_id 0:
-- the run's ledger; what is 'calls', 'spent UNIT' or 'lost UNIT'.
CREATE TABLE merged_part (shard BLOB NOT NULL, run_id INTEGER NOT NULL, member_id INTEGER NOT NULL, what TEXT NOT NULL,
  amount REAL NOT NULL, PRIMARY KEY (shard, run_id, member_id, what)) STRICT, WITHOUT ROWID;
-- A person's word: the audit of verifiers.
CREATE TABLE label (run_uuid BLOB NOT NULL, problem_hash BLOB NOT NULL, trial INTEGER NOT NULL, ord INTEGER NOT NULL,
  who TEXT NOT NULL, at_ms INTEGER NOT NULL, status INTEGER NOT NULL, remark TEXT,
  PRIMARY KEY (run_uuid, problem_hash, trial, ord, who)) STRICT, WITHOUT ROWID;
-- For people with other tools: the counts by problem and check.
CREATE VIEW v_count AS SELECT r.name AS run, p.benchmark, p.key, c.name AS "check", m.samples, t.pass, t.fail, t.undecided,
  t.no_answer, t.errors, m.in_tok, m.out_tok FROM tally t JOIN "check" c USING (check_id) JOIN member m USING (member_id)
  JOIN run r USING (run_id) JOIN problem p USING (problem_id);
