/** The line of a spark: the points' values fitted in a box, left to right, as an SVG path. */
export function sparkPath(values: number[], width: number, height: number): string {
  if (values.length < 2) return "";
  const low = Math.min(...values);
  const span = Math.max(...values) - low || 1;
  const step = width / (values.length - 1);
  return values
    .map((value, index) => {
      const x = (index * step).toFixed(1);
      const y = (height - ((value - low) / span) * height).toFixed(1);
      return `${index ? "L" : "M"}${x} ${y}`;
    })
    .join("");
}

/** A small line without axes: the shape of the last days. Its figures stand beside it, so it is hidden from readers. */
export function Spark({ values, width = 88, height = 24 }: { values: number[]; width?: number; height?: number }) {
  const path = sparkPath(values, width - 4, height - 4);
  if (!path) return null;
  return (
    <svg width={width} height={height} viewBox={`-2 -2 ${width} ${height}`} aria-hidden="true" focusable="false">
      <path d={path} fill="none" stroke="var(--c-primary)" strokeWidth={1.75} strokeLinejoin="round" />
    </svg>
  );
}
