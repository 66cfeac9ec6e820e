CREATE TABLE "agent_facts" (
	"block_number" bigint NOT NULL,
	"log_index" integer NOT NULL,
	"row" integer NOT NULL,
	"tx_hash" text NOT NULL,
	"agent_id" numeric(78, 0) NOT NULL,
	"fact" text NOT NULL,
	"value" text NOT NULL,
	CONSTRAINT "agent_facts_block_number_log_index_row_pk" PRIMARY KEY("block_number","log_index","row")
);
--> statement-breakpoint
CREATE TABLE "asset_owners" (
	"block_number" bigint NOT NULL,
	"log_index" integer NOT NULL,
	"row" integer NOT NULL,
	"tx_hash" text NOT NULL,
	"account" text NOT NULL,
	"owner" text NOT NULL,
	CONSTRAINT "asset_owners_block_number_log_index_row_pk" PRIMARY KEY("block_number","log_index","row")
);
--> statement-breakpoint
CREATE TABLE "asset_uris" (
	"block_number" bigint NOT NULL,
	"log_index" integer NOT NULL,
	"row" integer NOT NULL,
	"tx_hash" text NOT NULL,
	"account" text NOT NULL,
	"uri" text NOT NULL,
	CONSTRAINT "asset_uris_block_number_log_index_row_pk" PRIMARY KEY("block_number","log_index","row")
);
--> statement-breakpoint
CREATE TABLE "assets" (
	"block_number" bigint NOT NULL,
	"log_index" integer NOT NULL,
	"row" integer NOT NULL,
	"tx_hash" text NOT NULL,
	"account" text NOT NULL,
	"kind" text NOT NULL,
	"creator" text NOT NULL,
	"uri" text NOT NULL,
	"dues_ppm" integer NOT NULL,
	"minter" text NOT NULL,
	"cap" numeric(78, 0) NOT NULL,
	CONSTRAINT "assets_block_number_log_index_row_pk" PRIMARY KEY("block_number","log_index","row"),
	CONSTRAINT "assets_account_unique" UNIQUE("account")
);
--> statement-breakpoint
CREATE TABLE "blocks" (
	"number" bigint PRIMARY KEY NOT NULL,
	"hash" text NOT NULL,
	"time" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "channel_events" (
	"block_number" bigint NOT NULL,
	"log_index" integer NOT NULL,
	"row" integer NOT NULL,
	"tx_hash" text NOT NULL,
	"channel_id" text NOT NULL,
	"kind" text NOT NULL,
	"amount" numeric(78, 0) NOT NULL,
	"detail" jsonb NOT NULL,
	CONSTRAINT "channel_events_block_number_log_index_row_pk" PRIMARY KEY("block_number","log_index","row")
);
--> statement-breakpoint
CREATE TABLE "claims" (
	"block_number" bigint NOT NULL,
	"log_index" integer NOT NULL,
	"row" integer NOT NULL,
	"tx_hash" text NOT NULL,
	"channel_id" text NOT NULL,
	"sender" text NOT NULL,
	"claimed" numeric(78, 0),
	"total_claimed" numeric(78, 0) NOT NULL,
	CONSTRAINT "claims_block_number_log_index_row_pk" PRIMARY KEY("block_number","log_index","row")
);
--> statement-breakpoint
CREATE TABLE "folds" (
	"name" text PRIMARY KEY NOT NULL,
	"next_seq" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "payouts" (
	"block_number" bigint NOT NULL,
	"log_index" integer NOT NULL,
	"row" integer NOT NULL,
	"tx_hash" text NOT NULL,
	"account" text NOT NULL,
	"kind" text NOT NULL,
	"party" text NOT NULL,
	"dollars" numeric(78, 0) NOT NULL,
	"tribs" numeric(78, 0) NOT NULL,
	CONSTRAINT "payouts_block_number_log_index_row_pk" PRIMARY KEY("block_number","log_index","row")
);
--> statement-breakpoint
CREATE TABLE "receipt_roots" (
	"block_number" bigint NOT NULL,
	"log_index" integer NOT NULL,
	"row" integer NOT NULL,
	"tx_hash" text NOT NULL,
	"channel_id" text NOT NULL,
	"poster" text NOT NULL,
	"from_total" numeric(78, 0) NOT NULL,
	"to_total" numeric(78, 0) NOT NULL,
	"root" text NOT NULL,
	"leaves_hash" text NOT NULL,
	CONSTRAINT "receipt_roots_block_number_log_index_row_pk" PRIMARY KEY("block_number","log_index","row")
);
--> statement-breakpoint
CREATE TABLE "receipts" (
	"receipt_hash" text PRIMARY KEY NOT NULL,
	"journal_seq" bigint NOT NULL,
	"request_id" text NOT NULL,
	"service" text NOT NULL,
	"channel_id" text NOT NULL,
	"from_total" numeric(78, 0) NOT NULL,
	"to_total" numeric(78, 0) NOT NULL,
	"payer_channel_id" text NOT NULL,
	"payer_from" numeric(78, 0) NOT NULL,
	"payer_to" numeric(78, 0) NOT NULL,
	"price" numeric(78, 0) NOT NULL,
	"model_digest" text NOT NULL,
	"prompt_tokens" bigint NOT NULL,
	"completion_tokens" bigint NOT NULL,
	"issued_at" bigint NOT NULL,
	"signed" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "settlements" (
	"block_number" bigint NOT NULL,
	"log_index" integer NOT NULL,
	"row" integer NOT NULL,
	"tx_hash" text NOT NULL,
	"receiver" text NOT NULL,
	"token" text NOT NULL,
	"amount" numeric(78, 0) NOT NULL,
	CONSTRAINT "settlements_block_number_log_index_row_pk" PRIMARY KEY("block_number","log_index","row")
);
--> statement-breakpoint
CREATE TABLE "share_transfers" (
	"block_number" bigint NOT NULL,
	"log_index" integer NOT NULL,
	"row" integer NOT NULL,
	"tx_hash" text NOT NULL,
	"account" text NOT NULL,
	"sender" text NOT NULL,
	"receiver" text NOT NULL,
	"shares" numeric(78, 0) NOT NULL,
	CONSTRAINT "share_transfers_block_number_log_index_row_pk" PRIMARY KEY("block_number","log_index","row")
);
--> statement-breakpoint
CREATE TABLE "source" (
	"id" integer PRIMARY KEY NOT NULL,
	"identity" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "upstreams" (
	"block_number" bigint NOT NULL,
	"log_index" integer NOT NULL,
	"row" integer NOT NULL,
	"tx_hash" text NOT NULL,
	"account" text NOT NULL,
	"upstream" text NOT NULL,
	"weight_ppm" integer NOT NULL,
	CONSTRAINT "upstreams_block_number_log_index_row_pk" PRIMARY KEY("block_number","log_index","row")
);
--> statement-breakpoint
CREATE INDEX "agent_facts_agent" ON "agent_facts" USING btree ("agent_id");--> statement-breakpoint
CREATE INDEX "asset_owners_account" ON "asset_owners" USING btree ("account");--> statement-breakpoint
CREATE INDEX "asset_owners_owner" ON "asset_owners" USING btree ("owner");--> statement-breakpoint
CREATE INDEX "asset_uris_account" ON "asset_uris" USING btree ("account");--> statement-breakpoint
CREATE INDEX "channel_events_channel" ON "channel_events" USING btree ("channel_id");--> statement-breakpoint
CREATE INDEX "claims_channel" ON "claims" USING btree ("channel_id");--> statement-breakpoint
CREATE INDEX "payouts_account" ON "payouts" USING btree ("account");--> statement-breakpoint
CREATE INDEX "receipt_roots_channel" ON "receipt_roots" USING btree ("channel_id");--> statement-breakpoint
CREATE INDEX "receipts_seq" ON "receipts" USING btree ("journal_seq");--> statement-breakpoint
CREATE INDEX "receipts_request" ON "receipts" USING btree ("request_id");--> statement-breakpoint
CREATE INDEX "receipts_service" ON "receipts" USING btree ("service");--> statement-breakpoint
CREATE INDEX "receipts_channel" ON "receipts" USING btree ("channel_id","to_total");--> statement-breakpoint
CREATE INDEX "settlements_receiver" ON "settlements" USING btree ("receiver");--> statement-breakpoint
CREATE INDEX "share_transfers_account" ON "share_transfers" USING btree ("account");--> statement-breakpoint
CREATE INDEX "upstreams_account" ON "upstreams" USING btree ("account");