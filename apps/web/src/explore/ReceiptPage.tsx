import { getRouteApi, Link } from '@tanstack/react-router';
import { useExplorer } from '../api/explorer.ts';
import { MoneyPicture } from '../flow/MoneyPicture.tsx';
import { exactDollars, percent } from '../money/format.ts';
import { Dollars } from '../money/Money.tsx';
import { AddressLink, shortId } from '../ui/Ids.tsx';
import { Failed, Loading } from '../ui/States.tsx';
import { moment } from '../ui/time.ts';
import styles from './Explore.module.css';
import { Figure, Frame, Section } from './Frame.tsx';

const route = getRouteApi('/explore/receipts/$id');

/** One answer as everybody may see it: who answered, what it cost, whose data it used and where the money went. */
export function ReceiptPage() {
  const { id } = route.useParams();
  const found = useExplorer('receipt', { id });
  const path = useExplorer('moneyPath', { id }, {}, { everyMs: 5_000 });
  if (!found.data) {
    return (
      <Frame title="Answer">
        {found.isError ? <Failed error={found.error} onRetry={() => void found.refetch()} /> : <Loading />}
      </Frame>
    );
  }
  const { receipt, payment, attribution } = found.data;
  const charged = payment.payerTo - payment.payerFrom;
  return (
    <Frame
      title={`Answer ${shortId(payment.receiptHash)}`}
      lead="The public part of a receipt. Whoever asked holds the rest, and can prove what was asked and answered."
    >
      <dl className={styles.figures}>
        <Figure label="The payer paid">{charged === 0n ? 'nothing' : <Dollars amount={charged} />}</Figure>
        <Figure label="The service earns">
          <Dollars amount={receipt.price} />
        </Figure>
        <Figure label="Length" note="tokens: parts of words">
          {receipt.promptTokens} + {receipt.completionTokens}
        </Figure>
      </dl>
      {charged > 0n && (
        <Section title="Where the money goes">
          {path.data ? (
            <MoneyPicture path={path.data} />
          ) : path.isError ? (
            <Failed error={path.error} />
          ) : (
            <Loading lines={1} height={220} />
          )}
        </Section>
      )}
      <div className={styles.columns}>
        <Section title="Whose data it used">
          {attribution.length === 0 ? (
            <p className={styles.quiet}>This answer cites no documents.</p>
          ) : (
            <dl className={styles.facts}>
              {attribution.map((a) => (
                <div key={`${a.dataset}${a.document}`} style={{ display: 'contents' }}>
                  <dt className="num">{percent(a.weightPpm)}</dt>
                  <dd>
                    <span className="mono">{a.document}</span>
                    <span className={styles.sub}>
                      by <AddressLink address={a.contributor} /> in{' '}
                      <Link to="/explore/assets/$account" params={{ account: a.dataset }}>
                        its dataset
                      </Link>
                    </span>
                  </dd>
                </div>
              ))}
            </dl>
          )}
        </Section>
        <Section title="What was signed">
          <dl className={styles.facts}>
            <dt>Service</dt>
            <dd>
              <Link to="/explore/assets/$account" params={{ account: receipt.service }} className="mono">
                {receipt.service}
              </Link>
            </dd>
            <dt>Provider</dt>
            <dd>
              <Link to="/explore/parties/$agentId" params={{ agentId: receipt.agentId.toString() }}>
                party {receipt.agentId.toString()}
              </Link>
            </dd>
            <dt>Signed</dt>
            <dd>{moment(receipt.issuedAt)}</dd>
            <dt>Receipt</dt>
            <dd className="mono">{payment.receiptHash}</dd>
            <dt>Question, hashed</dt>
            <dd className="mono">{receipt.requestHash}</dd>
            <dt>Answer, hashed</dt>
            <dd className="mono">{receipt.responseHash}</dd>
            <dt>Model, hashed</dt>
            <dd className="mono">{receipt.modelDigest}</dd>
            <dt>Place in the payments</dt>
            <dd className="num">
              {exactDollars(payment.from)} to {exactDollars(payment.to)} of the channel{' '}
              <span className="mono">{shortId(payment.channelId)}</span>
            </dd>
            <dt>Signature</dt>
            <dd className="mono">{found.data.signature}</dd>
          </dl>
        </Section>
      </div>
    </Frame>
  );
}
