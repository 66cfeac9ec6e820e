/**
 * Writes a plain PDF 1.4 of paragraphs in Helvetica, one list of paragraphs for each page. For fixtures and tests: Latin
 * letters only, no compression, always the same bytes for the same text.
 */
export function textPdf(title: string, pages: readonly (readonly string[])[]): Uint8Array {
  const LINE_CHARS = 88;
  const escaped = (s: string) => s.replace(/[\\()]/g, '\\$&');

  function wrap(paragraph: string): string[] {
    const lines: string[] = [];
    let line = '';
    for (const word of paragraph.split(/\s+/)) {
      if (line !== '' && line.length + word.length + 1 > LINE_CHARS) {
        lines.push(line);
        line = '';
      }
      line = line === '' ? word : `${line} ${word}`;
    }
    return [...lines, line];
  }

  const pageId = (i: number) => 5 + 2 * i;
  const objects: string[] = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Count ${pages.length} /Kids [${pages.map((_, i) => `${pageId(i)} 0 R`).join(' ')}] >>`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>',
    `<< /Title (${escaped(title)}) >>`,
  ];
  pages.forEach((paragraphs, i) => {
    const lines = paragraphs.flatMap((p) => [...wrap(p), '']);
    const text = lines.map((l) => (l === '' ? '0 -8 Td' : `(${escaped(l)}) Tj 0 -14 Td`)).join('\n');
    const content = `BT /F1 11 Tf 56 780 Td\n${text}\nET`;
    objects.push(
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> /Contents ${pageId(i) + 1} 0 R >>`,
      `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
    );
  });

  let out = '%PDF-1.4\n';
  const offsets = objects.map((object, i) => {
    const offset = out.length;
    out += `${i + 1} 0 obj\n${object}\nendobj\n`;
    return offset;
  });
  const start = out.length;
  out += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n`;
  out += offsets.map((o) => `${String(o).padStart(10, '0')} 00000 n \n`).join('');
  out += `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R /Info 4 0 R >>\nstartxref\n${start}\n%%EOF\n`;
  return Buffer.from(out, 'latin1');
}
