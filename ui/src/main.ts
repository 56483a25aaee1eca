import { mount } from "svelte";
import App from "./App.svelte";
import { tauriHost } from "./host/tauri";
import "./style.css";

mount(App, { target: document.body, props: { host: tauriHost } });
