// Media time as the charts of the Video and the Quality tab write it.

/** Distances that ticks may have, s. */
export const STEPS_S = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400];

/** A time as a player shows it: 1:05, 2:03:04, with tenths where a run is short. */
export function clock(seconds, exact = false) {
  const tenths = exact ? Math.round(seconds * 10) : Math.round(seconds) * 10;
  const whole = Math.floor(Math.abs(tenths) / 10);
  const two = (value) => String(value).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  const tail = `${two(whole % 60)}${exact ? `.${Math.abs(tenths) % 10}` : ""}`;
  const sign = tenths < 0 ? "-" : "";
  return sign + (hours ? `${hours}:${two(minutes)}:${tail}` : `${minutes}:${tail}`);
}
