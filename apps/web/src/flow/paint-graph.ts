import { CARD_HEIGHT, CARD_WIDTH, type Layout } from './graph-layout.ts';

/** What is drawn of one asset. */
interface Card {
  id: string;
  name: string;
  kind: string;
  /** The second line: what it is, and what it earned; empty before it earned anything. */
  line: string;
  earned: string;
}

/** What is drawn of one way that money takes. */
interface Stream {
  key: string;
  from: string;
  to: string;
  /** Width of the stream, world units. */
  width: number;
  /** Whether money ever went along. */
  flowed: boolean;
}

export interface Scene {
  layout: Layout;
  cards: readonly Card[];
  streams: readonly Stream[];
}

/** Where one looks: screen = world · scale + offset. */
export interface View {
  x: number;
  y: number;
  scale: number;
  width: number;
  height: number;
}

/** Colours by their meaning, taken from the page's own. */
export interface Look {
  surface: string;
  line: string;
  text: string;
  dim: string;
  stream: string;
  kinds: Readonly<Record<string, string>>;
  font: string;
}

export interface Marks {
  /** The asset one points at or has chosen. */
  chosen: string | null;
  /** Those that are searched for; null: all. */
  found: ReadonlySet<string> | null;
  /** Streams along which money moves right now, with how far it has come, 0 to 1. */
  moving: ReadonlyMap<string, number>;
}

/** Letters are drawn while they can be read, pixels on the screen. */
const READABLE_PX = 8;
const NAME_SIZE = 13.5;
const NAME_ONLY_SIZE = 24;
const FAINT = 0.16;

interface Ends {
  x1: number;
  y1: number;
  x2: number;
  y2: number;
}

/** Draws the whole picture, as much of it as the view shows and the scale lets one see. */
export function paintGraph(ctx: CanvasRenderingContext2D, scene: Scene, view: View, look: Look, marks: Marks): void {
  const { scale } = view;
  ctx.save();
  ctx.clearRect(0, 0, view.width, view.height);
  ctx.translate(view.x, view.y);
  ctx.scale(scale, scale);
  const left = -view.x / scale;
  const top = -view.y / scale;
  const right = left + view.width / scale;
  const bottom = top + view.height / scale;
  const near = marks.chosen === null ? null : neighbours(scene.streams, marks.chosen);
  const isLit = (id: string) => (near ? near.has(id) : marks.found ? marks.found.has(id) : true);

  ctx.lineCap = 'butt';
  for (const stream of scene.streams) {
    const ends = endsOf(scene.layout, stream);
    if (!ends || Math.max(ends.x1, ends.x2) < left || Math.min(ends.x1, ends.x2) > right) continue;
    if (Math.max(ends.y1, ends.y2) < top || Math.min(ends.y1, ends.y2) > bottom) continue;
    const lit =
      marks.chosen === null
        ? isLit(stream.from) && isLit(stream.to)
        : stream.from === marks.chosen || stream.to === marks.chosen;
    ctx.globalAlpha = (stream.flowed ? 0.3 : 0.14) * (lit ? (marks.chosen ? 2 : 1) : FAINT);
    ctx.strokeStyle = look.stream;
    ctx.lineWidth = Math.max(stream.width, 0.7 / scale);
    bend(ctx, ends);
  }
  for (const [key, way] of marks.moving) {
    const stream = scene.streams.find((s) => s.key === key);
    const ends = stream && endsOf(scene.layout, stream);
    if (!ends) continue;
    const { x, y } = along(ends, way);
    ctx.globalAlpha = 1;
    ctx.fillStyle = look.stream;
    ctx.beginPath();
    ctx.arc(x, y, Math.max(5, 3 / scale), 0, 2 * Math.PI);
    ctx.fill();
  }

  const hasName = NAME_ONLY_SIZE * scale >= READABLE_PX;
  const hasLine = (NAME_SIZE - 1.5) * scale >= READABLE_PX;
  ctx.textBaseline = 'middle';
  for (const card of scene.cards) {
    const at = scene.layout.placed.get(card.id);
    if (!at || at.x > right || at.x + CARD_WIDTH < left || at.y > bottom || at.y + CARD_HEIGHT < top) continue;
    const kind = look.kinds[card.kind] ?? look.dim;
    ctx.globalAlpha = isLit(card.id) ? 1 : FAINT + 0.08;
    ctx.fillStyle = hasName ? look.surface : kind;
    ctx.beginPath();
    ctx.roundRect(at.x, at.y, CARD_WIDTH, CARD_HEIGHT, 9);
    ctx.fill();
    if (!hasName) continue;
    ctx.strokeStyle = card.id === marks.chosen ? kind : look.line;
    ctx.lineWidth = (card.id === marks.chosen ? 2 : 1) / Math.max(scale, 0.5);
    ctx.stroke();
    ctx.fillStyle = kind;
    ctx.beginPath();
    ctx.roundRect(at.x + 8, at.y + 11, 4, CARD_HEIGHT - 22, 2);
    ctx.fill();
    ctx.fillStyle = look.text;
    if (hasLine) {
      ctx.font = `600 ${NAME_SIZE}px ${look.font}`;
      ctx.fillText(fitted(ctx, card.name), at.x + 21, at.y + 18);
      ctx.font = `${NAME_SIZE - 1.5}px ${look.font}`;
      ctx.fillStyle = look.dim;
      const earnedWidth = card.earned === '' ? 0 : ctx.measureText(card.earned).width + 10;
      ctx.fillText(fitted(ctx, card.line, TEXT_WIDTH - earnedWidth), at.x + 21, at.y + 36);
      if (card.earned !== '') ctx.fillText(card.earned, at.x + CARD_WIDTH - 2 - earnedWidth, at.y + 36);
    } else {
      ctx.font = `600 ${NAME_ONLY_SIZE}px ${look.font}`;
      ctx.fillText(fitted(ctx, card.name), at.x + 21, at.y + CARD_HEIGHT / 2 + 1);
    }
  }
  ctx.restore();
}

/** The asset at a point of the screen. */
export function cardAt(scene: Scene, view: View, x: number, y: number): string | null {
  const wx = (x - view.x) / view.scale;
  const wy = (y - view.y) / view.scale;
  for (const { id, x: left, y: top } of scene.layout.placed.values()) {
    if (wx >= left && wx <= left + CARD_WIDTH && wy >= top && wy <= top + CARD_HEIGHT) return id;
  }
  return null;
}

/** The nearest asset in a direction from another one; without one, the first of the picture. */
export function cardTowards(layout: Layout, from: string | null, dx: number, dy: number): string | null {
  const start = from === null ? undefined : layout.placed.get(from);
  if (!start) return layout.placed.keys().next().value ?? null;
  let best: string | null = null;
  let bestCost = Number.POSITIVE_INFINITY;
  for (const { id, x, y } of layout.placed.values()) {
    const ahead = (x - start.x) * dx + (y - start.y) * dy;
    const aside = Math.abs((x - start.x) * dy) + Math.abs((y - start.y) * dx);
    if (id === from || ahead <= 1) continue;
    const cost = ahead + 2 * aside;
    if (cost < bestCost) {
      best = id;
      bestCost = cost;
    }
  }
  return best ?? from;
}

function neighbours(streams: readonly Stream[], id: string): Set<string> {
  const near = new Set([id]);
  for (const s of streams) {
    if (s.from === id) near.add(s.to);
    if (s.to === id) near.add(s.from);
  }
  return near;
}

function endsOf(layout: Layout, { from, to }: Stream): Ends | null {
  const a = layout.placed.get(from);
  const b = layout.placed.get(to);
  if (!a || !b) return null;
  return { x1: a.x + CARD_WIDTH, y1: a.y + CARD_HEIGHT / 2, x2: b.x, y2: b.y + CARD_HEIGHT / 2 };
}

function bend(ctx: CanvasRenderingContext2D, { x1, y1, x2, y2 }: Ends): void {
  const middle = (x1 + x2) / 2;
  ctx.beginPath();
  ctx.moveTo(x1, y1);
  ctx.bezierCurveTo(middle, y1, middle, y2, x2, y2);
  ctx.stroke();
}

/** A point of the same curve. */
function along({ x1, y1, x2, y2 }: Ends, t: number): { x: number; y: number } {
  const middle = (x1 + x2) / 2;
  const u = 1 - t;
  const cubic = (a: number, b: number, c: number, d: number) =>
    u ** 3 * a + 3 * u * u * t * b + 3 * u * t * t * c + t ** 3 * d;
  return { x: cubic(x1, middle, middle, x2), y: cubic(y1, y1, y2, y2) };
}

const TEXT_WIDTH = CARD_WIDTH - 32;

function fitted(ctx: CanvasRenderingContext2D, text: string, width = TEXT_WIDTH): string {
  if (ctx.measureText(text).width <= width) return text;
  let low = 0;
  let high = text.length;
  while (low < high) {
    const length = (low + high + 1) >> 1;
    if (ctx.measureText(`${text.slice(0, length)}…`).width <= width) low = length;
    else high = length - 1;
  }
  return `${text.slice(0, low)}…`;
}
