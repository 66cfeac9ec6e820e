import { Address, TributaryError } from '@tributary/protocol';
import type { Catalog } from '../route/catalog.ts';

/**
 * A service's card as its node signed it, so that whoever seals a question to the key in it need not believe the gateway.
 * @throws `service_not_found` (404)
 */
export function signedCard(catalog: Catalog, account: string): unknown {
  const parsed = Address.safeParse(account);
  const service = parsed.success ? catalog.get(parsed.data) : undefined;
  if (service) return service.signed;
  throw new TributaryError('service_not_found', `No service ${JSON.stringify(account.slice(0, 64))} is known here.`, {
    status: 404,
    hint: 'GET /v1/models lists the services of each model.',
  });
}
