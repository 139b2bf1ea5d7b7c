"""The plain way, to compare with: a consumer that asks the provider and sends every token, nothing stored."""

import os

from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application
from django.urls import path
from openai import AsyncOpenAI


class PlainConsumer(AsyncWebsocketConsumer):
    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        client = AsyncOpenAI(api_key="none", base_url=os.environ["OPENAI_BASE_URL"])
        stream = await client.chat.completions.create(
            model="bench", messages=[{"role": "user", "content": text_data or ""}], stream=True
        )
        async for part in stream:
            if part.choices and part.choices[0].delta.content:
                text = part.choices[0].delta.content
                await self.send(text_data=f'<span hx-swap-oob="beforeend:#reply">{text}</span>')
        await self.send(text_data="is-complete")


application = ProtocolTypeRouter(
    {"http": get_asgi_application(), "websocket": URLRouter([path("ws/", PlainConsumer.as_asgi())])}
)
