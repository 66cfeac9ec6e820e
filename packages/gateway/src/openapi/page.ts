import { type Operation, TAGS } from './operation.ts';

/** The OpenAPI document as far as the page shows it. */
interface Document {
  paths: Record<string, Record<string, Described>>;
  components: { schemas: Record<string, Schema> };
}

interface Described {
  operationId: string;
  tags: string[];
  summary: string;
  description?: string;
  parameters?: { name: string; in: string; required: boolean; description?: string; schema: Schema }[];
  requestBody?: unknown;
  responses: { '200': { content: Record<string, { schema: Schema }> }; '402'?: unknown };
}

interface Schema {
  $ref?: string;
  type?: string;
  description?: string;
  enum?: string[];
  const?: unknown;
  default?: unknown;
  maximum?: number;
  anyOf?: Schema[];
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
}

const anchor = (name: string) => name.toLowerCase();

/** A type in a few words, with links to named ones. */
function typeOf(schema: Schema): string {
  if (schema.$ref) {
    const name = schema.$ref.split('/').at(-1)!;
    return `[${name}](#${anchor(name)})`;
  }
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(' or ');
  if (schema.enum) return schema.enum.map((v) => `\`${v}\``).join(', ');
  if (schema.const !== undefined) return `\`${String(schema.const)}\``;
  if (schema.items) return `list of ${typeOf(schema.items)}`;
  if (schema.properties) return `{${Object.keys(schema.properties).join(', ')}}`;
  return schema.type ?? 'anything';
}

const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((h, i) => Math.max(h.length, 3, ...rows.map((r) => cell(r[i]!).length)));
  const row = (cells: readonly string[]) => `| ${cells.map((c, i) => cell(c).padEnd(widths[i]!)).join(' | ')} |`;
  return [row(head), `| ${widths.map((w) => '-'.repeat(w)).join(' | ')} |`, ...rows.map(row)].join('\n');
}

function operationSection(path: string, method: string, operation: Described): string {
  const [media, answer] = Object.entries(operation.responses['200'].content)[0]!;
  const parameters = (operation.parameters ?? []).map((p) => {
    const most = p.schema.maximum === undefined ? '' : `, at most ${p.schema.maximum}`;
    return [`\`${p.name}\``, p.in, p.required ? 'yes' : '', `${typeOf(p.schema)}${most}`, p.description ?? ''];
  });
  const notes = [
    operation.description,
    operation.responses['402'] ? 'Paid.' : undefined,
    `Answer: ${media === 'application/json' ? typeOf(answer.schema) : media}.`,
  ];
  return [
    `### ${method.toUpperCase()} ${path}`,
    `${operation.summary}. ${notes.filter((n) => n !== undefined).join(' ')}`,
    ...(parameters.length > 0 ? [table(['parameter', 'in', 'needed', 'type', ''], parameters)] : []),
  ].join('\n\n');
}

function schemaSection(name: string, schema: Schema): string {
  const fields = Object.entries(schema.properties ?? {}).map(([field, s]) => [
    `\`${field}\``,
    `${typeOf(s)}${schema.required?.includes(field) ? '' : ', may be missing'}`,
    s.description ?? '',
  ]);
  return [
    `### ${name}`,
    ...(schema.description ? [schema.description] : []),
    ...(fields.length > 0 ? [table(['field', 'type', ''], fields)] : []),
  ].join('\n\n');
}

/** The API as a page of Markdown: every operation, and every form of answer that has a name. */
export function apiPage(document: Record<string, unknown>): string {
  const { paths, components } = document as unknown as Document;
  const all = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const tags = Object.entries(TAGS) as [Operation['tag'], string][];
  return `${[
    '# HTTP API of the gateway',
    '_Written by `npm run api-page -w packages/gateway` from the schemas that the gateway parses and answers by; `GET /openapi.json` has the same for programs. Amounts are base units as decimal strings, times Unix seconds. Lists are paged: `next` of an answer is the `cursor` of the following one._',
    ...tags.flatMap(([tag, about]) => [
      `## ${tag}`,
      about,
      ...all.filter((o) => o.operation.tags[0] === tag).map((o) => operationSection(o.path, o.method, o.operation)),
    ]),
    '## Forms',
    ...Object.entries(components.schemas).map(([name, schema]) => schemaSection(name, schema)),
  ].join('\n\n')}\n`;
}
