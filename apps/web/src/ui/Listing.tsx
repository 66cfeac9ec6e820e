import type { ReactNode } from 'react';
import styles from './Listing.module.css';

export interface Column<T> {
  label: string;
  cell: (row: T) => ReactNode;
  /** Amounts and counts stand at the right, one below the other. */
  isNumber?: boolean;
}

interface Props<T> {
  /** What the table is of, for screen readers. */
  label: string;
  columns: readonly Column<T>[];
  rows: readonly T[];
  keyOf: (row: T) => string;
}

/**
 * A table that becomes a list of cards where there is no room for columns. The roles are spelled out because that layout takes
 * them from the elements.
 */
export function Listing<T>({ label, columns, rows, keyOf }: Props<T>) {
  return (
    // biome-ignore-start lint/a11y/noRedundantRoles: a table laid out as cards loses its roles
    <table className={styles.table} role="table" aria-label={label}>
      <thead role="rowgroup">
        <tr role="row">
          {columns.map((column) => (
            <th key={column.label} scope="col" role="columnheader" data-number={column.isNumber}>
              {column.label}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map((row) => (
          <tr key={keyOf(row)} role="row">
            {columns.map((column) => (
              <td key={column.label} role="cell" data-label={column.label} data-number={column.isNumber}>
                {column.cell(row)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
    // biome-ignore-end lint/a11y/noRedundantRoles: a table laid out as cards loses its roles
  );
}
