/**
 * Reads server-sent events out of text pieces cut anywhere: `push` calls back with the data of each complete event.
 * Lines end with LF, CRLF or CR; comments and fields other than `data` are skipped. Throws `RangeError` when one event
 * grows beyond `maxChars`.
 */
export function createSseReader(maxChars: number, onData: (data: string) => void): { push(text: string): void } {
  let rest = '';
  let data: string | undefined;
  let endedWithCr = false;

  function line(text: string): void {
    if (text === '') {
      if (data !== undefined) {
        const event = data;
        data = undefined;
        onData(event);
      }
    } else if (text.startsWith('data:')) {
      const value = text.charCodeAt(5) === 32 ? text.slice(6) : text.slice(5);
      data = data === undefined ? value : `${data}\n${value}`;
      if (data.length > maxChars) throw new RangeError(`an event is longer than ${maxChars} characters`);
    }
  }

  return {
    push(piece) {
      // A CRLF may be cut in the middle: the LF then belongs to the line that the CR has ended.
      let text = endedWithCr && piece.startsWith('\n') ? piece.slice(1) : piece;
      endedWithCr = piece === '' ? endedWithCr : piece.endsWith('\r');
      if (rest !== '') text = rest + text;
      let from = 0;
      if (!text.includes('\r')) {
        for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', from)) {
          line(text.slice(from, at));
          from = at + 1;
        }
      } else {
        const ends = /\r\n|\n|\r/g;
        for (let m = ends.exec(text); m; m = ends.exec(text)) {
          line(text.slice(from, m.index));
          from = ends.lastIndex;
        }
      }
      rest = from === 0 ? text : text.slice(from);
      if (rest.length > maxChars) throw new RangeError(`a line is longer than ${maxChars} characters`);
    },
  };
}
