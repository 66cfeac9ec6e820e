CREATE TABLE "cards" (
	"subject" text PRIMARY KEY NOT NULL,
	"uri" text NOT NULL,
	"name" text NOT NULL,
	"description" text NOT NULL,
	"model" text NOT NULL,
	"content" text,
	"retry_at" bigint,
	"failures" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "channels" (
	"block_number" bigint NOT NULL,
	"log_index" integer NOT NULL,
	"row" integer NOT NULL,
	"tx_hash" text NOT NULL,
	"channel_id" text NOT NULL,
	"payer" text NOT NULL,
	"payer_authorizer" text NOT NULL,
	"receiver" text NOT NULL,
	"receiver_authorizer" text NOT NULL,
	"token" text NOT NULL,
	"withdraw_delay" bigint NOT NULL,
	"salt" text NOT NULL,
	CONSTRAINT "channels_block_number_log_index_row_pk" PRIMARY KEY("block_number","log_index","row")
);
--> statement-breakpoint
CREATE TABLE "feedback" (
	"block_number" bigint NOT NULL,
	"log_index" integer NOT NULL,
	"row" integer NOT NULL,
	"tx_hash" text NOT NULL,
	"agent_id" numeric(78, 0) NOT NULL,
	"client" text NOT NULL,
	"feedback_index" numeric(78, 0) NOT NULL,
	"value" numeric(78, 0) NOT NULL,
	"decimals" integer NOT NULL,
	"tag1" text NOT NULL,
	"tag2" text NOT NULL,
	"endpoint" text NOT NULL,
	"uri" text NOT NULL,
	CONSTRAINT "feedback_block_number_log_index_row_pk" PRIMARY KEY("block_number","log_index","row")
);
--> statement-breakpoint
CREATE TABLE "feedback_revocations" (
	"block_number" bigint NOT NULL,
	"log_index" integer NOT NULL,
	"row" integer NOT NULL,
	"tx_hash" text NOT NULL,
	"agent_id" numeric(78, 0) NOT NULL,
	"client" text NOT NULL,
	"feedback_index" numeric(78, 0) NOT NULL,
	CONSTRAINT "feedback_revocations_block_number_log_index_row_pk" PRIMARY KEY("block_number","log_index","row")
);
--> statement-breakpoint
CREATE TABLE "service_totals" (
	"service" text PRIMARY KEY NOT NULL,
	"answers" bigint NOT NULL,
	"earned" numeric(78, 0) NOT NULL,
	"last" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "token_transfers" (
	"block_number" bigint NOT NULL,
	"log_index" integer NOT NULL,
	"row" integer NOT NULL,
	"tx_hash" text NOT NULL,
	"token" text NOT NULL,
	"payer" text NOT NULL,
	"payee" text NOT NULL,
	"amount" numeric(78, 0) NOT NULL,
	CONSTRAINT "token_transfers_block_number_log_index_row_pk" PRIMARY KEY("block_number","log_index","row")
);
--> statement-breakpoint
CREATE TABLE "unpaid" (
	"block_number" bigint NOT NULL,
	"log_index" integer NOT NULL,
	"row" integer NOT NULL,
	"tx_hash" text NOT NULL,
	"account" text NOT NULL,
	"token" text NOT NULL,
	"party" text NOT NULL,
	"amount" numeric(78, 0) NOT NULL,
	CONSTRAINT "unpaid_block_number_log_index_row_pk" PRIMARY KEY("block_number","log_index","row")
);
--> statement-breakpoint
ALTER TABLE "agent_facts" ADD COLUMN "owner" text;--> statement-breakpoint
CREATE INDEX "channels_channel" ON "channels" USING btree ("channel_id");--> statement-breakpoint
CREATE INDEX "channels_payer" ON "channels" USING btree ("payer");--> statement-breakpoint
CREATE INDEX "channels_receiver" ON "channels" USING btree ("receiver");--> statement-breakpoint
CREATE INDEX "feedback_agent" ON "feedback" USING btree ("agent_id");--> statement-breakpoint
CREATE INDEX "feedback_revocations_agent" ON "feedback_revocations" USING btree ("agent_id");--> statement-breakpoint
CREATE INDEX "token_transfers_edge" ON "token_transfers" USING btree ("payer","payee");--> statement-breakpoint
CREATE INDEX "token_transfers_payee" ON "token_transfers" USING btree ("payee");--> statement-breakpoint
CREATE INDEX "agent_facts_owner" ON "agent_facts" USING btree ("owner");--> statement-breakpoint
CREATE INDEX "payouts_party" ON "payouts" USING btree ("party");--> statement-breakpoint
CREATE INDEX "share_transfers_sender" ON "share_transfers" USING btree ("sender");--> statement-breakpoint
CREATE INDEX "share_transfers_receiver" ON "share_transfers" USING btree ("receiver");--> statement-breakpoint
CREATE INDEX "upstreams_upstream" ON "upstreams" USING btree ("upstream");--> statement-breakpoint
INSERT INTO "service_totals" SELECT "service", count(*), sum("price"), max("issued_at") FROM "receipts" GROUP BY "service";
