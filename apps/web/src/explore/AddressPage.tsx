import { getRouteApi, Link } from '@tanstack/react-router';
import { useExplorer } from '../api/explorer.ts';
import { usePages } from '../api/pages.ts';
import { percent } from '../money/format.ts';
import { Dollars } from '../money/Money.tsx';
import { shortId } from '../ui/Ids.tsx';
import { Listing } from '../ui/Listing.tsx';
import { PagesOf } from '../ui/Pages.tsx';
import { Empty, Failed, Loading } from '../ui/States.tsx';
import { AssetList } from './AssetList.tsx';
import { EVENT_COLUMNS, keyOfEvent } from './EventsPage.tsx';
import styles from './Explore.module.css';
import { Figure, Frame, Section } from './Frame.tsx';
import { AssetLink, Monies } from './Names.tsx';

const route = getRouteApi('/explore/addresses/$address');

/** An address: what it owns, what it can claim, and what it was paid. */
export function AddressPage() {
  const { address } = route.useParams();
  const found = useExplorer('address', { address }, { limit: 100 });
  if (!found.data) {
    return (
      <Frame title="Address">
        {found.isError ? <Failed error={found.error} onRetry={() => void found.refetch()} /> : <Loading />}
      </Frame>
    );
  }
  const { asset, parties, positions, claimable, claimed, channels } = found.data;
  return (
    <Frame
      title={parties[0]?.name ?? shortId(address)}
      lead={
        <>
          <span className="mono">{found.data.address}</span>
          {asset && (
            <>
              {' '}
              is the account of <AssetLink asset={asset} />
            </>
          )}
          {parties.map((p) => (
            <span key={p.agentId}>
              {' · '}
              <Link to="/explore/parties/$agentId" params={{ agentId: p.agentId.toString() }}>
                {p.name}
              </Link>
            </span>
          ))}
        </>
      }
    >
      <dl className={styles.figures}>
        <Figure label="Was paid">
          <Monies money={claimed} none="$0.00" />
        </Figure>
        <Figure label="Can claim now">
          <Monies money={claimable} none="$0.00" />
        </Figure>
      </dl>
      <div className={styles.columns}>
        <Section title="Owns or has a part of">
          <AssetList
            assets={positions.map((p) => p.asset)}
            empty="It owns nothing here."
            figure={(a) => {
              const p = positions.find((q) => q.asset.account === a.account);
              return (
                p && (
                  <>
                    {p.sharePpm > 0 ? percent(p.sharePpm) : p.owns ? 'owner' : ''}
                    <span className={styles.sub}>
                      can claim <Monies money={p.claimable} none="nothing" />
                    </span>
                  </>
                )
              );
            }}
          />
        </Section>
        <Section title="Pays from">
          {channels.length === 0 ? (
            <p className={styles.quiet}>It has put nothing aside for questions.</p>
          ) : (
            <ul className={styles.list}>
              {channels.map((c) => (
                <li key={c.channelId}>
                  <span>
                    Deposit <span className="mono">{shortId(c.channelId)}</span>
                  </span>
                  <span className={styles.listFigure}>
                    <Dollars amount={c.deposited} />
                    <span className={styles.sub}>
                      <Dollars amount={c.claimed} /> of it collected
                    </span>
                  </span>
                </li>
              ))}
            </ul>
          )}
        </Section>
      </div>
      <Section title="What happened">
        <History address={found.data.address} />
      </Section>
    </Frame>
  );
}

function History({ address }: { address: string }) {
  const pages = usePages('events', {}, { address, limit: 20 });
  const rows = pages.data?.pages.flatMap((p) => p.events);
  return (
    <PagesOf pages={pages} rows={rows} empty={<Empty title="Nothing yet" />}>
      {(events) => <Listing label="What happened" columns={EVENT_COLUMNS} rows={events} keyOf={keyOfEvent} />}
    </PagesOf>
  );
}
