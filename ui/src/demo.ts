import { mount } from "svelte";
import App from "./App.svelte";
import { demoHost } from "./host/demo";
import "./style/index.css";

// Tests read what the pages asked of the system, since a plain browser has neither clipboard nor system browser to look at.
const asked: string[] = [];
Object.assign(globalThis, { asked });

mount(App, { target: document.body, props: { host: demoHost(new URLSearchParams(location.search), asked) } });
