import { Table } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { useExplorer } from '../api/explorer.ts';
import { Ago } from '../ui/Ago.tsx';
import { AddressLink, TransactionLink } from '../ui/Ids.tsx';
import { Failed, Loading } from '../ui/States.tsx';
import { AssetList } from './AssetList.tsx';
import styles from './Explore.module.css';
import { Frame, Section } from './Frame.tsx';

const route = getRouteApi('/explore/parties/$agentId');

/** One party: its ERC-8004 record, what it runs, and what others say of it. */
export function PartyPage() {
  const { agentId } = route.useParams();
  const found = useExplorer('party', { agentId });
  if (!found.data) {
    return (
      <Frame title="Party">
        {found.isError ? <Failed error={found.error} onRetry={() => void found.refetch()} /> : <Loading />}
      </Frame>
    );
  }
  const party = found.data;
  return (
    <Frame title={party.name} lead={party.description}>
      <dl className={styles.facts}>
        <dt>Identity</dt>
        <dd>
          number {party.agentId.toString()} (ERC-8004), registered <Ago time={party.registered.time} />{' '}
          <TransactionLink hash={party.registered.txHash} label="proof" />
        </dd>
        <dt>Owner</dt>
        <dd>
          <AddressLink address={party.owner} />
        </dd>
        <dt>Signs with</dt>
        <dd>{party.wallet ? <AddressLink address={party.wallet} /> : 'nothing at the moment'}</dd>
        <dt>Registration file</dt>
        <dd>
          {party.file ? (
            <details>
              <summary>in its owner’s words</summary>
              <pre className={styles.json}>{JSON.stringify(party.file, null, 2)}</pre>
            </details>
          ) : (
            <span className="mono">{party.uri.slice(0, 200)}</span>
          )}
        </dd>
      </dl>
      <div className={styles.columns}>
        <Section title="Services">
          <AssetList assets={party.services} empty="It offers no services." />
        </Section>
        <Section title="Computers and other assets">
          <AssetList assets={[...party.devices, ...party.assets]} empty="It owns nothing else." />
        </Section>
      </div>
      <Section title="Ratings">
        {party.feedback.count === 0 ? (
          <p className={styles.quiet}>Nobody has rated it yet. Anyone can, on the chain.</p>
        ) : (
          <>
            <p className={styles.quiet}>
              {party.feedback.count} ratings by {party.feedback.raters}{' '}
              {party.feedback.raters === 1 ? 'party' : 'parties'}. They are worth what the raters are worth.
            </p>
            <Table.ScrollContainer minWidth={480}>
              <Table aria-label="Ratings">
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>About</Table.Th>
                    <Table.Th>Value</Table.Th>
                    <Table.Th>By</Table.Th>
                    <Table.Th>When</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {party.latestFeedback.map((f) => (
                    <Table.Tr key={`${f.client} ${f.index}`}>
                      <Table.Td>
                        {[f.tag1, f.tag2].filter(Boolean).join(', ') || '—'} {f.revoked && '(taken back)'}
                      </Table.Td>
                      <Table.Td className="num">{f.value}</Table.Td>
                      <Table.Td>
                        <AddressLink address={f.client} />
                      </Table.Td>
                      <Table.Td>
                        <Ago time={f.place.time} /> <TransactionLink hash={f.place.txHash} label="proof" />
                      </Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </Table.ScrollContainer>
          </>
        )}
      </Section>
    </Frame>
  );
}
