// Reads calendar files as ical.js does: a JSON list of them in, of each event its start and end in seconds out.
import ICAL from "ical.js";
import { readFileSync } from "node:fs";

const times = (text) =>
  new ICAL.Component(ICAL.parse(text)).getAllSubcomponents("vevent").map((event) =>
    ["dtstart", "dtend"].map((name) => event.getFirstPropertyValue(name).toUnixTime()),
  );
console.log(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(times)));
