import { SegmentedControl, Text, TextInput, Title } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { costOf } from '@tributary/protocol';
import { useState } from 'react';
import { isPlayMoney, useNetwork } from '../api/network.ts';
import { exactDollars, parseDollars } from '../money/format.ts';
import { useNewServices } from './arrivals.ts';
import { provideCommand } from './command.ts';
import styles from './Earn.module.css';
import { wrongName, wrongUrl } from './fields.ts';
import { Arrival, Command, Wizard } from './Wizard.tsx';

/** An answer as many are, for the example. */
const TYPICAL = { promptTokens: 300, completionTokens: 400 };

/** Joins with a computer or an API: ends with a command, and shows the service when it answers. */
export function OfferPage() {
  const network = useNetwork();
  const isDevnet = isPlayMoney(network.data);
  const [where, setWhere] = useState<'here' | 'there'>('here');
  const [name, setName] = useState('my-computer');
  const [url, setUrl] = useState('');
  const [perRequest, setPerRequest] = useState('0.0001');
  const [perPrompt, setPerPrompt] = useState('0.15');
  const [perCompletion, setPerCompletion] = useState('0.60');
  const arrived = useNewServices(name.trim());

  const prices = [perRequest, perPrompt, perCompletion].map(parseDollars);
  const [request, prompt, completion] = prices.map((p) => ('amount' in p ? p.amount : null));
  const wrong = {
    name: wrongName(name),
    url: where === 'there' ? wrongUrl(url) : null,
    prices: prices.map((p) => ('wrong' in p ? p.wrong : null)),
  };
  const plan =
    !wrong.name && !wrong.url && request != null && prompt != null && completion != null
      ? {
          name: name.trim(),
          upstream: where === 'there' ? url.trim() : null,
          documents: null,
          perRequest: request,
          perMillionPrompt: prompt,
          perMillionCompletion: completion,
        }
      : null;

  return (
    <Wizard
      title="Offer a computer or an API"
      lead="Ollama, llama.cpp, vLLM, LM Studio and everything else that speaks OpenAI’s API can answer here. You choose the price; what you earn is yours alone."
      form={
        <>
          <fieldset>
            <legend>What answers?</legend>
            <SegmentedControl
              fullWidth
              aria-label="What answers"
              value={where}
              onChange={(value) => setWhere(value as 'here' | 'there')}
              data={[
                { value: 'here', label: 'A model server on this computer' },
                { value: 'there', label: 'A server elsewhere' },
              ]}
            />
            {where === 'here' ? (
              <Text size="sm" c="dimmed">
                Start it first. The command finds Ollama, llama.cpp, vLLM and LM Studio by itself and offers their
                models.
              </Text>
            ) : (
              <TextInput
                label="Its address"
                description="The base URL of its OpenAI-compatible API"
                placeholder="http://192.168.1.20:8000/v1"
                value={url}
                maxLength={500}
                error={url !== '' && wrong.url}
                onChange={(event) => setUrl(event.currentTarget.value)}
              />
            )}
            <TextInput
              label="Your name"
              description="As those who ask will see it"
              value={name}
              maxLength={80}
              error={wrong.name}
              onChange={(event) => setName(event.currentTarget.value)}
            />
          </fieldset>
          <fieldset>
            <legend>Your price, in dollars</legend>
            <div className={styles.three}>
              <TextInput
                label="For each answer"
                inputMode="decimal"
                value={perRequest}
                maxLength={20}
                error={wrong.prices[0]}
                onChange={(e) => setPerRequest(e.currentTarget.value)}
              />
              <TextInput
                label="Million tokens asked"
                inputMode="decimal"
                value={perPrompt}
                maxLength={20}
                error={wrong.prices[1]}
                onChange={(e) => setPerPrompt(e.currentTarget.value)}
              />
              <TextInput
                label="Million tokens answered"
                inputMode="decimal"
                value={perCompletion}
                maxLength={20}
                error={wrong.prices[2]}
                onChange={(e) => setPerCompletion(e.currentTarget.value)}
              />
            </div>
            <Text size="sm" c="dimmed">
              A token is a part of a word, about four letters. Nothing is charged for an answer that fails.
            </Text>
          </fieldset>
        </>
      }
      aside={
        <>
          <div>
            <Title order={2}>What you earn</Title>
            <p className={`${styles.example} num`}>
              {plan ? exactDollars(costOf({ token: '0x', ...plan }, TYPICAL)) : '—'}
            </p>
            <Text size="sm" c="dimmed">
              for an answer of {TYPICAL.completionTokens} tokens to a question of {TYPICAL.promptTokens}. The gateway
              adds its own fee on top.
            </Text>
          </div>
          {plan ? (
            <ol>
              <li>
                Run this on the computer, in the folder of Tributary:
                <Command text={provideCommand(plan, network.data, isDevnet)} />
              </li>
              <li>
                Leave it running. It registers you, your computer and your service, and starts to answer.
                <Arrival waiting="Waiting for your service to appear" done={arrived.length > 0}>
                  {arrived.map((service) => (
                    <div key={service.service}>
                      <Link to="/explore/assets/$account" params={{ account: service.service }}>
                        {service.name}
                      </Link>{' '}
                      can be asked now as <span className="mono">{service.model}</span>.
                    </div>
                  ))}
                </Arrival>
              </li>
            </ol>
          ) : (
            <Text c="dimmed">Fill in what is marked, and your command appears here.</Text>
          )}
        </>
      }
    />
  );
}
