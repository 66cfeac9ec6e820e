import type { AgentCard, AgentSkill } from '@a2a-js/sdk';
import { X402_EXTENSIONS } from './x402.ts';

const MAX_SKILLS = 64;
const TEXT = ['text/plain'];
const OUTPUT = ['text/plain', 'application/json'];

/** A model as the card shows it. */
export interface SkillFact {
  id: string;
  name: string;
  description: string;
  expert: string;
}

function skill(id: string, name: string, description: string, tags: string[], examples: string[] = []): AgentSkill {
  return { id, name, description, tags, examples, inputModes: TEXT, outputModes: OUTPUT, securityRequirements: [] };
}

/** What the gateway tells agents of itself; its skills are the models that answer at the moment. */
export function agentCard(publicUrl: string, models: readonly SkillFact[]): AgentCard {
  const url = `${publicUrl}/a2a`;
  const anyone = 'Answers a question by the service that suits it best, and says which and why.';
  return {
    name: 'Tributary gateway',
    description:
      'Answers questions by competing providers and pays everyone behind each answer. Choose a model by the message’s metadata "tributary.model"; without it the router chooses. Each message is a question of its own.',
    supportedInterfaces: ['1.0', '0.3'].map((protocolVersion) => ({
      url,
      protocolBinding: 'JSONRPC',
      tenant: '',
      protocolVersion,
    })),
    provider: { url: publicUrl, organization: 'Tributary' },
    version: '0.1.0',
    capabilities: {
      streaming: true,
      pushNotifications: false,
      extendedAgentCard: false,
      extensions: X402_EXTENSIONS.map((uri) => ({
        uri,
        description: 'Pays for an answer by x402; callers with an API key need it not.',
        required: false,
        params: undefined,
      })),
    },
    securitySchemes: {
      bearer: {
        scheme: {
          $case: 'httpAuthSecurityScheme',
          value: { description: 'An API key of this gateway', scheme: 'Bearer', bearerFormat: 'trib_…' },
        },
      },
      apiKey: {
        scheme: {
          $case: 'apiKeySecurityScheme',
          value: { description: 'An API key of this gateway', location: 'header', name: 'x-api-key' },
        },
      },
    },
    securityRequirements: [],
    defaultInputModes: TEXT,
    defaultOutputModes: OUTPUT,
    skills: [
      skill('auto', 'Ask anything', anyone, ['question', 'auto'], ['What is a dataset asset?', '17% of 2,340']),
      ...models.slice(0, MAX_SKILLS).map((m) => skill(m.id, m.name, m.description || m.name, [m.expert])),
    ],
    signatures: [],
  };
}
