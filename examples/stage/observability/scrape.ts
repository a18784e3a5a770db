/** The metrics of a process at one moment. */
export interface Scrape {
  /** The sum of all series of this name that have these labels. */
  sum(name: string, labels?: Readonly<Record<string, string>>): number;
  /** All values that a label of this name has. */
  values(name: string, label: string): string[];
}

interface Series {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const SERIES = /^(?<name>[\w:]+)(?:\{(?<labels>.*)\})? (?<value>\S+)/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/** Reads Prometheus' text format. */
export function readScrape(text: string): Scrape {
  const all = text.split("\n").flatMap((line): Series[] => {
    const { name, labels = "", value } = SERIES.exec(line)?.groups ?? {};
    if (name === undefined) return [];
    const pairs = [...labels.matchAll(LABEL)].map(([, label, text]) => [label!, text!]);
    return [{ name, labels: Object.fromEntries(pairs), value: Number(value) }];
  });
  return {
    sum: (name, wanted = {}) =>
      all
        .filter((series) => series.name === name)
        .filter(({ labels }) => Object.entries(wanted).every(([label, value]) => labels[label] === value))
        .reduce((sum, { value }) => sum + value, 0),
    values: (name, label) => [
      ...new Set(all.flatMap((series) => (series.name === name ? (series.labels[label] ?? []) : []))),
    ],
  };
}

/** Scrapes a process, as Prometheus does. */
export async function scrape(url: string): Promise<Scrape> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answered ${response.status} to a scrape`);
  return readScrape(await response.text());
}
