import { formatUnits } from '@tributary/protocol';
import type { Catalog } from '../route/catalog.ts';
import { listPrice } from '../route/quote.ts';

const MOST_MODELS = 50;

/** A stranger's text as one line of Markdown that cannot start anything. */
function line(text: string, most: number): string {
  return text
    .replaceAll(/[\s\p{Cc}\p{Cf}]+/gu, ' ')
    .replaceAll(/[[\]()<>`*_#]/g, '')
    .trim()
    .slice(0, most)
    .toWellFormed();
}

/** `/llms.txt`: what a language model has to know to use the gateway (llmstxt.org). */
export function llmsText(deps: { url: string; catalog: Catalog; feePpm: bigint }): string {
  const { url, catalog, feePpm } = deps;
  const models = catalog
    .models()
    .slice(0, MOST_MODELS)
    .flatMap((id) => {
      const [service] = catalog.ofModel(id);
      if (!service) return [];
      const { perMillionPrompt, perMillionCompletion, perRequest } = listPrice(service.card.price, feePpm);
      const price = `${formatUnits(perRequest)} dollars an answer, ${formatUnits(perMillionPrompt)} and ${formatUnits(perMillionCompletion)} for a million tokens in and out`;
      const about = line(service.card.model.description, 200);
      return [`- [${line(id, 128)}](${url}/v1/models/${encodeURIComponent(id)}): ${about ? `${about} ` : ''}${price}`];
    });
  return `# Tributary gateway

> One OpenAI-compatible URL in front of competing services. Every answer is paid to the service, the device, the model and the data it came from, and comes with a signed receipt that anybody can check.

- Base URL: ${url}/v1. Ask with POST /v1/chat/completions and \`"model": "auto"\`, or name a model.
- Pay with an API key (\`Authorization: Bearer trib_…\`), which is a channel with a deposit, or without an account by x402: a request without payment gets 402 and the offer in the header PAYMENT-REQUIRED.
- A failed answer costs nothing; an honest "I don't know" is free.
- Amounts are base units as decimal strings, 6 decimals for the dollar.

## API

- [OpenAPI document](${url}/openapi.json): every path, parameter and answer
- [Models](${url}/v1/models): what can be asked, with prices
- [MCP server](${url}/mcp): tools to ask, list services, verify and trace receipts
- [A2A agent card](${url}/.well-known/agent-card.json): the same for agents
- [Network](${url}/tributary/network): chain, contracts, tokens

## Models

${models.length > 0 ? models.join('\n') : `- [Models](${url}/v1/models): none at the moment`}

## Optional

- [Assets and who feeds whom](${url}/tributary/graph): the graph that money flows through
- [Receipts](${url}/tributary/receipts): what was answered and paid, without any text
- [Events](${url}/tributary/events): what happened on the chain
`;
}
