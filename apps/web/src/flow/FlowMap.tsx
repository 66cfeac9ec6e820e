import { ActionIcon, Group, TextInput, Tooltip, useComputedColorScheme } from '@mantine/core';
import { useElementSize, useReducedMotion } from '@mantine/hooks';
import { IconArrowsMaximize, IconMinus, IconPlus, IconSearch } from '@tabler/icons-react';
import { Link, useNavigate } from '@tanstack/react-router';
import { select } from 'd3-selection';
import { type D3ZoomEvent, type ZoomBehavior, type ZoomTransform, zoom, zoomIdentity } from 'd3-zoom';
import { type KeyboardEvent, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { KindMark, Monies } from '../explore/Names.tsx';
import styles from './FlowMap.module.css';
import type { GraphData } from './graph-data.ts';
import { CARD_HEIGHT, CARD_WIDTH, type Layout } from './graph-layout.ts';
import { cardAt, cardTowards, type Look, paintGraph, type Scene } from './paint-graph.ts';
import { layoutOf, sceneOf } from './scene.ts';
import { useNames } from './use-names.ts';

const LEAST_SCALE = 0.02;
const MOST_SCALE = 2.5;
const FIRST_MOST_SCALE = 1.15;
const MARGIN = 28;
const MOVE_MS = 1_800;
const STEP = 1.4;

interface Props {
  graph: GraphData;
  dollar: string | undefined;
}

/**
 * All assets as a picture that can be moved and zoomed: money flows from left to right. Drawn on a canvas, because thousands of
 * elements would be too slow; the list beside it has the same for those who do not see it.
 */
export default function FlowMap({ graph, dollar }: Props) {
  const { ref: box, width, height } = useElementSize<HTMLDivElement>();
  const canvas = useRef<HTMLCanvasElement>(null);
  const transform = useRef<ZoomTransform>(zoomIdentity);
  const behavior = useRef<ZoomBehavior<HTMLCanvasElement, unknown> | null>(null);
  const moving = useRef(new Map<string, number>());
  const frame = useRef(0);
  const [chosen, setChosen] = useState<string | null>(null);
  const [text, setText] = useState('');
  const scheme = useComputedColorScheme('light');
  const still = useReducedMotion();
  const navigate = useNavigate();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the figures change often, `shape` when something appears
  const layout = useMemo(() => layoutOf(graph), [graph.shape]);
  const names = useNames();
  const scene = useMemo(() => sceneOf(graph, layout, dollar, names), [graph, layout, dollar, names]);
  const found = useMemo(() => search(scene, text), [scene, text]);

  const paint = useCallback(() => {
    frame.current = 0;
    const ctx = canvas.current?.getContext('2d');
    if (!ctx || !canvas.current || width === 0) return;
    const { x, y, k } = transform.current;
    const ratio = devicePixelRatio;
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    const now = performance.now();
    const ways = new Map<string, number>();
    for (const [key, since] of moving.current) {
      if (now - since < MOVE_MS) ways.set(key, (now - since) / MOVE_MS);
      else moving.current.delete(key);
    }
    paintGraph(ctx, scene, { x, y, scale: k, width, height }, lookOf(canvas.current, scheme), {
      chosen,
      found,
      moving: ways,
    });
    if (ways.size > 0) frame.current = requestAnimationFrame(paint);
  }, [scene, width, height, chosen, found, scheme]);
  const paintSoon = useCallback(() => {
    frame.current ||= requestAnimationFrame(paint);
  }, [paint]);
  const latest = useRef(paintSoon);
  latest.current = paintSoon;

  useEffect(() => {
    if (!still) for (const key of graph.moved) moving.current.set(key, performance.now());
    cancelAnimationFrame(frame.current);
    frame.current = requestAnimationFrame(paint);
    return () => {
      cancelAnimationFrame(frame.current);
      frame.current = 0;
    };
  }, [paint, graph.moved, still]);

  const fit = useCallback(() => {
    if (!canvas.current || !behavior.current || width === 0) return;
    select(canvas.current).call(behavior.current.transform, fitted(layout, width, height));
  }, [layout, width, height]);

  useEffect(() => {
    const element = canvas.current;
    if (!element) return;
    const own = zoom<HTMLCanvasElement, unknown>()
      .scaleExtent([LEAST_SCALE, MOST_SCALE])
      // The wheel scrolls the page, unless one means the picture: by Ctrl, a pinch, or after clicking into it.
      .filter((event: MouseEvent) =>
        event.type === 'wheel' ? event.ctrlKey || document.activeElement === element.parentElement : event.button === 0,
      )
      .on('zoom', (event: D3ZoomEvent<HTMLCanvasElement, unknown>) => {
        transform.current = event.transform;
        latest.current();
      });
    behavior.current = own;
    const selection = select(element).call(own).on('dblclick.zoom', null);
    return () => {
      selection.on('.zoom', null);
    };
  }, []);

  // Shown whole at first, and again when it has grown or the room has changed.
  useEffect(fit, [fit]);

  const at = (event: { nativeEvent: { offsetX: number; offsetY: number } }) => {
    const { x, y, k } = transform.current;
    return cardAt(scene, { x, y, scale: k, width, height }, event.nativeEvent.offsetX, event.nativeEvent.offsetY);
  };
  const open = (account: string) => void navigate({ to: '/explore/assets/$account', params: { account } });
  const zoomBy = (factor: number) => {
    if (canvas.current && behavior.current) select(canvas.current).call(behavior.current.scaleBy, factor);
  };

  const onKeyDown = (event: KeyboardEvent) => {
    const direction = ARROWS[event.key];
    if (direction) {
      event.preventDefault();
      const next = cardTowards(scene.layout, chosen, ...direction);
      setChosen(next);
      show(next);
    } else if (event.key === 'Enter' && chosen) open(chosen);
    else if (event.key === 'Escape') setChosen(null);
    else if (event.key === '+' || event.key === '=') zoomBy(STEP);
    else if (event.key === '-') zoomBy(1 / STEP);
    else if (event.key === '0') fit();
  };

  /** Moves the picture so that a card is in view. */
  const show = (id: string | null) => {
    const card = id === null ? undefined : scene.layout.placed.get(id);
    if (!card || !canvas.current || !behavior.current) return;
    const { x, y, k } = transform.current;
    const left = card.x * k + x;
    const top = card.y * k + y;
    const isInside = left > 0 && top > 0 && left + CARD_WIDTH * k < width && top + CARD_HEIGHT * k < height;
    if (!isInside)
      select(canvas.current).call(behavior.current.translateTo, card.x + CARD_WIDTH / 2, card.y + CARD_HEIGHT / 2);
  };

  const node = chosen === null ? undefined : graph.nodes.get(chosen as `0x${string}`);
  return (
    <div className={styles.frame}>
      <div
        ref={box}
        className={styles.map}
        role="application"
        aria-label={`Map of ${graph.nodes.size} assets. Arrow keys go from asset to asset, Enter opens one, plus and minus zoom, 0 shows all.`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it is moved by keys
        tabIndex={0}
        onKeyDown={onKeyDown}
      >
        <canvas
          ref={canvas}
          width={Math.round(width * devicePixelRatio)}
          height={Math.round(height * devicePixelRatio)}
          style={{ width, height }}
          data-nodes={graph.nodes.size}
          onPointerMove={(event) => {
            if (event.pointerType === 'mouse' && event.buttons === 0) {
              const id = at(event);
              event.currentTarget.style.cursor = id ? 'pointer' : 'grab';
            }
          }}
          onClick={(event) => {
            const id = at(event);
            if (id && id === chosen) open(id);
            else setChosen(id);
          }}
        />
      </div>
      <Group className={styles.tools} gap={4} wrap="nowrap">
        <TextInput
          size="xs"
          className={styles.find}
          aria-label="Find in the map"
          placeholder="Find in the map"
          leftSection={<IconSearch size={15} stroke={1.8} aria-hidden />}
          maxLength={100}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <MapButton label="Closer" onClick={() => zoomBy(STEP)} icon={<IconPlus size={17} stroke={1.8} />} />
        <MapButton label="Farther" onClick={() => zoomBy(1 / STEP)} icon={<IconMinus size={17} stroke={1.8} />} />
        <MapButton label="Show all" onClick={fit} icon={<IconArrowsMaximize size={16} stroke={1.8} />} />
      </Group>
      <div className={styles.chosen} data-shown={node !== undefined} aria-live="polite">
        {node ? (
          <>
            <span className={styles.chosenHead}>
              <Link to="/explore/assets/$account" params={{ account: node.account }}>
                {node.name}
              </Link>
              <KindMark kind={node.kind} />
            </span>
            <span className={styles.chosenLine}>
              earned{' '}
              <Monies money={node.earnings.map((e) => ({ token: e.token, amount: e.received }))} none="nothing yet" />,
              passed on{' '}
              <Monies money={node.earnings.map((e) => ({ token: e.token, amount: e.passedOn }))} none="nothing" />
            </span>
          </>
        ) : (
          text && <span className={styles.chosenLine}>{found?.size ?? 0} found</span>
        )}
      </div>
    </div>
  );
}

function MapButton({ label, icon, onClick }: { label: string; icon: React.ReactNode; onClick: () => void }) {
  return (
    <Tooltip label={label}>
      <ActionIcon variant="default" size={30} aria-label={label} onClick={onClick}>
        {icon}
      </ActionIcon>
    </Tooltip>
  );
}

const ARROWS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowRight: [1, 0],
  ArrowLeft: [-1, 0],
  ArrowDown: [0, 1],
  ArrowUp: [0, -1],
};

function search(scene: Scene, text: string): Set<string> | null {
  const words = text.trim().toLowerCase();
  if (words === '') return null;
  return new Set(
    scene.cards.filter((c) => c.name.toLowerCase().includes(words) || c.id.startsWith(words)).map((c) => c.id),
  );
}

function fitted(layout: Layout, width: number, height: number): ZoomTransform {
  const room = { width: width - 2 * MARGIN, height: height - 2 * MARGIN };
  const scale = Math.min(FIRST_MOST_SCALE, room.width / layout.width, room.height / layout.height);
  return zoomIdentity
    .translate((width - layout.width * scale) / 2, (height - layout.height * scale) / 2)
    .scale(Math.max(scale, LEAST_SCALE));
}

const KINDS = ['service', 'model', 'device', 'dataset', 'agent', 'work'];
const looks = new Map<string, Look>();

/** The page's colours; read once for each scheme, because reading them for each frame costs more than drawing. */
function lookOf(element: Element, scheme: string): Look {
  const known = looks.get(scheme);
  if (known) return known;
  const css = getComputedStyle(element);
  const value = (name: string) => css.getPropertyValue(name).trim();
  const look: Look = {
    surface: value('--surface'),
    line: value('--line'),
    text: value('--mantine-color-text'),
    dim: value('--mantine-color-dimmed'),
    stream: value('--mantine-color-anchor'),
    kinds: Object.fromEntries(KINDS.map((kind) => [kind, value(`--kind-${kind}`)])),
    font: value('--mantine-font-family'),
  };
  looks.set(scheme, look);
  return look;
}
